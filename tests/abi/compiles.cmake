# SPDX-License-Identifier: MIT
#
# vap.h, vap_http.h and vap_tool.h are C99 to C++20, vap.hpp and its like C++17 and later, and each
# header stands alone.
include(${CMAKE_CURRENT_LIST_DIR}/compile.cmake)
if(NOT CC OR NOT CXX)
  message("SKIPPED: this machine has not both compilers of the family (C: ${CC}, C++: ${CXX})")
  return()
endif()

foreach(standard c99 c11 c17)
  must_compile(${CC} ${standard} ${HERE}/frozen/everything.c)
  must_compile(${CC} ${standard} /dev/null -include vap/vap_http.h -x c)
  must_compile(${CC} ${standard} /dev/null -include vap/vap_tool.h -x c)
endforeach()
foreach(standard c++11 c++14 c++17 c++20)
  must_compile(${CXX} ${standard} ${HERE}/compiles/header.cc -Wold-style-cast)
endforeach()
foreach(standard c++17 c++20)
  must_compile(${CXX} ${standard} ${HERE}/package/everything.cc
               -Wold-style-cast -Wnon-virtual-dtor)
  foreach(header vap.h vap.hpp history.hpp host.hpp journal.hpp json.hpp reply.hpp
                 vap_http.h http.hpp sse.hpp vap_tool.h functions.hpp tool.hpp flights.hpp)
    must_compile(${CXX} ${standard} /dev/null -Wold-style-cast -Wnon-virtual-dtor
                 -include vap/${header} -x c++)
  endforeach()
endforeach()
