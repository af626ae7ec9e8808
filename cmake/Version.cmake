# The version and the commit live in one generated source, so that a commit rebuilds one file.
set(MOESCOPE_VERSION_SOURCE ${PROJECT_BINARY_DIR}/generated/version.cpp)
add_custom_target(moescope_version_source
  COMMAND ${CMAKE_COMMAND}
    -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${MOESCOPE_VERSION_SOURCE}
    -D VERSION=${PROJECT_VERSION} -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${MOESCOPE_VERSION_SOURCE}
  COMMENT "Version")
add_library(moescope_version STATIC ${MOESCOPE_VERSION_SOURCE})
target_include_directories(moescope_version PUBLIC ${PROJECT_SOURCE_DIR})
add_dependencies(moescope_version moescope_version_source)
