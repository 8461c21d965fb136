# SPDX-License-Identifier: MIT
# cmake -DFROM=<templates> -DTO=<file.inc> -P embed.cmake: the files of `patchbay new` as C++ literals,
# one line {"cpp/README.md", R"..."} for each.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files RELATIVE ${FROM} ${FROM}/*)
list(SORT files)
set(lines "")
foreach(file IN LISTS files)
  file(READ ${FROM}/${file} text)
  string(APPEND lines "{\"${file}\", R\"~~~(${text})~~~\"},\n")
endforeach()
file(WRITE ${TO} "${lines}")
