// SPDX-License-Identifier: MIT
// What it means to a pipeline that its webhook was not answered with 200, as an Error for whoever
// configured the two. Knows the host's own error bodies, and those of others where they are alike.
#pragma once
#include <string_view>

#include "codec/http_answer.h"
#include "ground/result.h"

namespace patchbay {

// The Error's code is "http_" and the status, eg: "http_401"; its message quotes the beginning of
// the body where that says more than the status.  [any]
Error explain_refused_event(const HttpAnswerHead& head, std::string_view body);

}  // namespace patchbay
