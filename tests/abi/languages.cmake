# SPDX-License-Identifier: MIT
#
# One agent, four languages. Each says its language's name and what it heard. Into
# ${CMAKE_BINARY_DIR}/fixtures/languages, as c.so, cpp.so, rust.so and go.so.
set(abi_language_dir ${CMAKE_BINARY_DIR}/fixtures/languages)
set(abi_include ${PROJECT_SOURCE_DIR}/plugin-api/include)
add_custom_target(abi_languages ALL)

vap_add_plugin(agent_in_c SOURCES languages/c/agent.c)
set_target_properties(agent_in_c PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
  OUTPUT_NAME c LIBRARY_OUTPUT_DIRECTORY ${abi_language_dir})
vap_add_plugin(agent_in_cpp SOURCES languages/cpp/agent.cc)
set_target_properties(agent_in_cpp PROPERTIES
  OUTPUT_NAME cpp LIBRARY_OUTPUT_DIRECTORY ${abi_language_dir})
add_dependencies(abi_languages agent_in_c agent_in_cpp)

# A target abi_<language> that makes ${abi_language_dir}/<language>.so by a command.
function(abi_language language source)
  set(so ${abi_language_dir}/${language}.so)
  add_custom_command(OUTPUT ${so} COMMAND ${ARGN}
    DEPENDS ${source} ${abi_include}/vap/vap.h
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/languages/${language}
    COMMENT "Building the agent in ${language}" VERBATIM)
  add_custom_target(agent_in_${language} DEPENDS ${so})
  add_dependencies(abi_languages agent_in_${language})
endfunction()

find_program(RUSTC rustc)
set(RUST_SO "")
if(RUSTC)
  set(RUST_SO ${abi_language_dir}/rust.so)
  abi_language(rust ${CMAKE_CURRENT_SOURCE_DIR}/languages/rust/agent.rs
    ${RUSTC} --edition 2021 --crate-type cdylib -C panic=abort -C opt-level=2 -C strip=debuginfo
             -o ${RUST_SO} agent.rs)
else()
  message(STATUS "abi: no rustc, so the agent in Rust is not built")
endif()

find_program(GO go)
set(GO_SO "")
if(GO)
  set(GO_SO ${abi_language_dir}/go.so)
  file(GLOB go_sources CONFIGURE_DEPENDS languages/go/*)
  abi_language(go "${go_sources}"
    ${CMAKE_COMMAND} -E env CGO_ENABLED=1 GOFLAGS=-mod=mod GOTOOLCHAIN=local
      "CGO_CFLAGS=-I${abi_include} -fvisibility=hidden"
    ${GO} build -buildmode=c-shared -trimpath
      "-ldflags=-extldflags '-Wl,--version-script=${PROJECT_SOURCE_DIR}/plugin-api/cmake/vap.map'"
      -o ${GO_SO} .)
else()
  message(STATUS "abi: no go, so the agent in Go is not built")
endif()

function(abi_exports name file)
  add_test(NAME abi.exports.${name} COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DFILES=${file}
    -P ${PROJECT_SOURCE_DIR}/tests/tools/exports.cmake)
  set_tests_properties(abi.exports.${name} PROPERTIES LABELS abi)
endfunction()

foreach(language c cpp rust go)
  if(TARGET agent_in_${language})
    set(so ${abi_language_dir}/${language}.so)
    add_test(NAME abi.language.${language}
      COMMAND abi_call ${so} "two coffees" "${language}: two coffees")
    set_tests_properties(abi.language.${language} PROPERTIES LABELS abi TIMEOUT 60)
    abi_exports(${language} ${so})
  endif()
endforeach()
