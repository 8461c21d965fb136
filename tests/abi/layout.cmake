# SPDX-License-Identifier: MIT
#
# Every golden file (GOLDEN, a pattern) holds for HEADER. An older file than the header is checked too: its members
# stay where they were.
include(${CMAKE_CURRENT_LIST_DIR}/compile.cmake)
file(GLOB golden ${HERE}/${GOLDEN})
if(NOT golden)
  message(FATAL_ERROR "no golden file ${GOLDEN}")
endif()
foreach(file IN LISTS golden)
  must_compile(${CC} c11 ${file} -DVAP_HEADER=${HEADER} -I${HERE})
endforeach()
