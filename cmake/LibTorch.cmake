# LibTorch from the unpacked torch wheel: imported targets for its CPU library, and on request its CUDA libraries.
if(DEFINED ENV{MOESCOPE_LIBTORCH_DIR})
  set(libtorch_default $ENV{MOESCOPE_LIBTORCH_DIR})
elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(libtorch_default $ENV{XDG_CACHE_HOME}/moescope/libtorch-2.11.0)
else()
  set(libtorch_default $ENV{HOME}/.cache/moescope/libtorch-2.11.0)
endif()
set(MOESCOPE_LIBTORCH_DIR ${libtorch_default} CACHE PATH "Folder with the unpacked torch wheel (torch/, nvidia/)")

set(libtorch_lib ${MOESCOPE_LIBTORCH_DIR}/torch/lib)
set(libtorch_include ${MOESCOPE_LIBTORCH_DIR}/torch/include)
if(NOT EXISTS ${libtorch_lib}/libtorch_cpu.so)
  message(FATAL_ERROR "LibTorch is not in ${MOESCOPE_LIBTORCH_DIR}. "
    "Run ./moescope setup to fetch it, or name its folder with -DMOESCOPE_LIBTORCH_DIR=...")
endif()

add_library(moescope_torch_cpu SHARED IMPORTED)
set_target_properties(moescope_torch_cpu PROPERTIES IMPORTED_LOCATION ${libtorch_lib}/libtorch_cpu.so)
add_library(moescope_c10 SHARED IMPORTED)
set_target_properties(moescope_c10 PROPERTIES IMPORTED_LOCATION ${libtorch_lib}/libc10.so)

add_library(moescope_torch INTERFACE)
target_include_directories(moescope_torch SYSTEM INTERFACE
  ${libtorch_include} ${libtorch_include}/torch/csrc/api/include)
target_link_libraries(moescope_torch INTERFACE moescope_torch_cpu moescope_c10 Threads::Threads)

if(MOESCOPE_CUDA)
  find_package(CUDAToolkit)
  if(NOT CUDAToolkit_FOUND)
    message(FATAL_ERROR "MOESCOPE_CUDA is on, but no CUDA toolkit was found. "
      "Install the CUDA 13.0 toolkit (or name it with -DCUDAToolkit_ROOT=...), or configure with -DMOESCOPE_CUDA=OFF.")
  endif()
  if(NOT EXISTS ${libtorch_lib}/libtorch_cuda.so OR NOT EXISTS ${libtorch_lib}/libc10_cuda.so)
    message(FATAL_ERROR "MOESCOPE_CUDA is on, but ${libtorch_lib} has no libtorch_cuda.so and libc10_cuda.so. "
      "Unpack the whole torch 2.11.0 wheel there, or configure with -DMOESCOPE_CUDA=OFF.")
  endif()
  target_compile_definitions(moescope_torch INTERFACE MOESCOPE_WITH_CUDA)
  target_include_directories(moescope_torch SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  # Nothing refers to the CUDA libraries by name: they register their back-end when they are loaded. What they
  # need in turn (cuBLAS, cuDNN ...) is looked up on the machine that runs them.
  target_link_options(moescope_torch INTERFACE -Wl,--allow-shlib-undefined)
  target_link_libraries(moescope_torch INTERFACE
    -Wl,--push-state,--no-as-needed ${libtorch_lib}/libtorch_cuda.so ${libtorch_lib}/libc10_cuda.so -Wl,--pop-state)
endif()

# One precompiled header for everything that includes ATen: 25 s once instead of in every file.
function(moescope_torch_pch name)
  get_target_property(kind ${name} TYPE)
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/torch_pch.hpp)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endfunction()

function(moescope_reuse_torch_pch name)
  get_target_property(kind moescope_core TYPE)
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    target_precompile_headers(${name} REUSE_FROM moescope_core)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endfunction()

# CUDA kernels (core/kernels/**/*.cu) join the layer when there are any and CUDA is asked for.
file(GLOB_RECURSE MOESCOPE_KERNELS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/core/kernels/*.cu)
if(MOESCOPE_CUDA AND MOESCOPE_KERNELS)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)
  endif()
  enable_language(CUDA)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # nvcc 13 has it, CMake 3.25 does not know
endif()

function(moescope_kernels name)
  if(MOESCOPE_CUDA AND MOESCOPE_KERNELS)
    add_library(${name}_kernels STATIC ${MOESCOPE_KERNELS})
    target_include_directories(${name}_kernels PRIVATE ${PROJECT_SOURCE_DIR})
    moescope_link(${name} PUBLIC ${name}_kernels CUDA::cudart)
  endif()
endfunction()
