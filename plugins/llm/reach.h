// SPDX-License-Identifier: MIT
// Did a request that has failed reach its server at all?
#pragma once
#include <vap/http.hpp>

namespace llm {

inline bool never_reached(const vap::http_end& how) {
  return how.status < 0 && how.http_status == 0 &&
         (how.timeout == VAP_HTTP_TIMEOUT_CONNECT || how.status == VAP_E_UNSUPPORTED ||
          how.status == VAP_E_NOT_FOUND || how.status == VAP_E_INVALID ||
          how.status == VAP_E_LIMIT || how.status == VAP_E_ENDED);
}

}  // namespace llm
