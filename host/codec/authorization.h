// SPDX-License-Identifier: MIT
// The two bodies of authorize_session (protocol §4.1): what a front end sent becomes what Layercode
// gets, and a refusal of theirs becomes words that a front end can show.
#pragma once
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

// The front end's JSON with the operator's defaults laid over it: a key that both set is the
// operator's, object by object, so nobody's browser can choose what the operator has fixed. Without
// defaults it is byte for byte what the front end sent. The
// Error's message is what peers answer too, eg: "Missing agent_id in request body."  [any]
Result<std::string> authorization_body(std::string_view from_front_end, std::string_view defaults);

// Why the upstream refused, as one line of text: its own "error" where it has one. 402 always says
// insufficient_balance, which front ends look for.  [any]
std::string authorization_failure(int status, std::string_view upstream_body);

}  // namespace patchbay
