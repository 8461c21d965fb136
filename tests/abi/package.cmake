# SPDX-License-Identifier: MIT
#
# A vendor's way: install plugin-api alone, build two agents far from this repository against what
# was installed, and look at what came out.
cmake_minimum_required(VERSION 3.20)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE wrong OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(wrong)
    list(JOIN ARGV " " words)
    message(FATAL_ERROR "${words}\n${out}")
  endif()
  set(out "${out}" PARENT_SCOPE)
endfunction()

function(expect what is wanted)
  if(NOT is STREQUAL wanted)
    message(FATAL_ERROR "${what} is [${is}], expected [${wanted}]")
  endif()
endfunction()

# The one export, no STB_GNU_UNIQUE, the ident note with this text in it.
function(expect_plugin file manifest)
  run(${NM} -D --defined-only ${file})
  string(REGEX REPLACE "(^|\n)[0-9a-f]+ " ";" symbols "${out}")
  string(STRIP "${symbols}" symbols)
  expect("what ${file} defines" "${symbols}" ";T vap_plugin_v1")
  run(objcopy -O binary --only-section=.vap ${file} ${file}.vap)
  file(READ ${file}.vap note HEX)
  string(HEX "VAPLUGIN" magic)
  string(HEX "${manifest}" json)
  string(LENGTH "${json}" length)
  math(EXPR end "24 * 2 + ${length}")
  string(SUBSTRING "${note}" 0 16 has_magic)
  string(SUBSTRING "${note}" 48 ${length} has_json)
  expect("the magic of ${file}" "${has_magic}" "${magic}")
  expect("the manifest of ${file}" "${has_json}" "${json}")
endfunction()

file(REMOVE_RECURSE ${WORK})
file(COPY ${CONSUMER}/ DESTINATION ${WORK}/vendor)
set(prefix ${WORK}/prefix)
set(with -G ${GENERATOR} -DCMAKE_C_COMPILER=${CC} -DCMAKE_CXX_COMPILER=${CXX})

run(${CMAKE_COMMAND} -S ${PLUGIN_API} -B ${WORK}/api ${with} -DCMAKE_INSTALL_PREFIX=${prefix})
run(${CMAKE_COMMAND} --install ${WORK}/api)

list(APPEND with -DCMAKE_PREFIX_PATH=${prefix} -S ${WORK}/vendor)
run(${CMAKE_COMMAND} ${with} -B ${WORK}/build -DVAP_WANTED=1.0)
run(${CMAKE_COMMAND} --build ${WORK}/build)
file(READ ${CONSUMER}/porter.json porter)
expect_plugin(${WORK}/build/porter.so "${porter}")
expect_plugin(${WORK}/build/concierge.so
  [[{"id":"com.example.concierge","name":"Concierge","version":"1.0.0"}]])
run(${CALL} ${WORK}/build/porter.so hello hello)
run(${CALL} ${WORK}/build/concierge.so "a taxi" "At your service: a taxi")

# Another major version is refused, with its number.
foreach(version 2.0 0.9)
  execute_process(COMMAND ${CMAKE_COMMAND} ${with} -B ${WORK}/build-${version}
      -DVAP_WANTED=${version} RESULT_VARIABLE refused OUTPUT_QUIET ERROR_VARIABLE words)
  if(NOT refused OR NOT words MATCHES "compatible[ \n]+with requested version[ \n]+\"${version}\"")
    message(FATAL_ERROR "find_package(vap ${version}) was not refused for its version:\n${words}")
  endif()
endforeach()

# A manifest that is none is refused when the build is made, not when the plugin is loaded.
file(WRITE ${WORK}/vendor/porter.json "{\"id\":\"com.example.porter\",\"name\":\"Porter\"}")
execute_process(COMMAND ${CMAKE_COMMAND} ${with} -B ${WORK}/build-3 -DVAP_WANTED=1.0
  RESULT_VARIABLE refused OUTPUT_QUIET ERROR_VARIABLE words)
if(NOT refused OR NOT words MATCHES "porter.json.*version")
  message(FATAL_ERROR "a manifest without a version was not refused:\n${words}")
endif()

# Without any of the flags the headers themselves bring no STB_GNU_UNIQUE, so that an author who
# compiles by hand still unloads.
set(bare ${WORK}/bare.so)
run(${CXX} -std=c++17 -shared -fPIC -I${prefix}/include ${CONSUMER}/everything.cc -o ${bare})
run(${NM} -D --defined-only ${bare})
if(out MATCHES "[^\n]* u [^\n]*")
  message(FATAL_ERROR "the headers bring STB_GNU_UNIQUE: ${CMAKE_MATCH_0}")
endif()

# The same without CMake, where there is pkg-config.
find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} ${prefix}/share/pkgconfig)
  run(${PKG_CONFIG} --cflags vap)
  separate_arguments(cflags UNIX_COMMAND "${out}")
  run(${PKG_CONFIG} --variable=plugin_flags vap)
  separate_arguments(flags UNIX_COMMAND "${out}")
  run(${CXX} -std=c++17 ${cflags} ${flags} ${CONSUMER}/concierge.cc -o ${WORK}/by-hand.so)
  expect_plugin(${WORK}/by-hand.so
    [[{"id":"com.example.concierge","name":"Concierge","version":"1.0.0"}]])
endif()
