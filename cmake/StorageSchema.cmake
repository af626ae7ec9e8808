# storage/schema/*.sql, the documentation of the store, compiled in as text: the program makes its tables from what people read.
function(moescope_storage_schema name)
  foreach(schema run catalog)
    set(file ${PROJECT_SOURCE_DIR}/storage/schema/${schema}.sql)
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/storage/schema/${schema}.inc
      CONTENT "R\"sql(${text})sql\"\n" @ONLY)
  endforeach()
  get_target_property(kind ${name} TYPE)
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(${name} PRIVATE ${PROJECT_BINARY_DIR}/generated)
  endif()
endfunction()
