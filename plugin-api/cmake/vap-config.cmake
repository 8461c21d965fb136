# SPDX-License-Identifier: MIT
include(${CMAKE_CURRENT_LIST_DIR}/vap-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/vap-plugin.cmake)
