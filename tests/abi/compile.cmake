# SPDX-License-Identifier: MIT
#
# must_compile(compiler standard file [flag...]): without a warning, or the test fails with the
# compiler's words.
function(must_compile compiler standard file)
  execute_process(COMMAND ${compiler} -std=${standard} -Wall -Wextra -Wpedantic -Wconversion
      -Wshadow -Wundef -Werror -I${INCLUDE} ${ARGN} -fsyntax-only ${file}
    ERROR_VARIABLE words RESULT_VARIABLE wrong)
  if(wrong)
    message(FATAL_ERROR "${compiler} -std=${standard} ${file}:\n${words}")
  endif()
endfunction()
