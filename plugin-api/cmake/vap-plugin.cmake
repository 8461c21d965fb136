# SPDX-License-Identifier: MIT
#
# vap_add_plugin(name SOURCES file... [MANIFEST file.json])
#
# A module that exports vap_plugin_v1 and nothing else, and that dlclose really unloads. MANIFEST
# puts the file into the ident note; without it a source says VAP_IDENT or VAP_AGENT.
function(vap_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST" "SOURCES")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "vap_add_plugin(${name}): expected SOURCES file... [MANIFEST file.json], "
                        "got: ${ARGN}")
  endif()

  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE vap::vap)
  set_target_properties(${name} PROPERTIES PREFIX "" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(CMAKE_CXX_COMPILER)
    target_compile_features(${name} PRIVATE cxx_std_17)  # vap.hpp; clang 14 still defaults to C++14
  endif()
  # Else one make_shared is enough for glibc to keep the old version mapped, and for the new one to
  # use the old one's statics.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)

  if(UNIX AND NOT APPLE)
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/vap.map)
    target_link_options(${name} PRIVATE
      LINKER:--version-script=${map} LINKER:--exclude-libs,ALL LINKER:-z,now)
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${map})
    vap_sanitizers_(sanitized)
    if(NOT sanitized)
      target_link_options(${name} PRIVATE LINKER:-z,defs)  # a sanitizer's runtime lives in the host
    endif()
  endif()

  if(arg_MANIFEST)
    vap_ident_source_(${name} ${arg_MANIFEST})
  endif()
endfunction()

# Is anything of this directory built with a sanitizer?
function(vap_sanitizers_ result)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  get_directory_property(options COMPILE_OPTIONS)
  string(FIND "${options} ${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS_${type}} \
${CMAKE_CXX_FLAGS_${type}} ${CMAKE_MODULE_LINKER_FLAGS}" "-fsanitize" at)
  if(at EQUAL -1)
    set(${result} OFF PARENT_SCOPE)
  else()
    set(${result} ON PARENT_SCOPE)
  endif()
endfunction()

# Adds a source whose ident note is the JSON of the file, byte for byte.
function(vap_ident_source_ name file)
  get_filename_component(manifest ${file} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(READ ${manifest} json)
  foreach(key id name version)
    string(JSON value ERROR_VARIABLE wrong GET "${json}" ${key})
    if(wrong)
      message(FATAL_ERROR "${manifest}: ${wrong} (a manifest is an object with id, name, version)")
    endif()
  endforeach()

  file(READ ${manifest} bytes HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" literal "${bytes}")
  string(REGEX REPLACE "((\\\\x..)(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?)"
    "  \"\\1\"\n" literal "${literal}")
  if(CMAKE_C_COMPILER)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}-ident.c)
  else()
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}-ident.cc)
  endif()
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/vap-ident.in ${source} @ONLY)
  target_sources(${name} PRIVATE ${source})
endfunction()
