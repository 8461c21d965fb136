// SPDX-License-Identifier: MIT
// What a server of the Model Context Protocol wants to see in the head of a request as well as in
// its body (streamable HTTP since 2026-07-28, "Request Metadata"). Text in, text out.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llm::mcp {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Would the host put a secret of the operator's in its place, where it stands in a header? What
// servers and models choose must not.
bool names_secret(std::string_view text);

// A value as a header may have it: as it is, or in the protocol's Base64 form.
std::string header_value(std::string_view text);

// The arguments that a tool's schema marks with "x-mcp-header": a JSON pointer and the header's
// name, of each. Throws std::invalid_argument where a mark stands where the protocol forbids it:
// such a tool is not to be offered.
std::vector<std::pair<std::string, std::string>> mirrored_in(const nlohmann::json& schema);

// Those headers of one call.
Headers mirror(const std::vector<std::pair<std::string, std::string>>& mirrored,
               const nlohmann::json& arguments);

}  // namespace llm::mcp
