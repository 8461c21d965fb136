// SPDX-License-Identifier: MIT
// HTTP/1.1 as clients of models speak it: a head, and a body with its length.
#pragma once
#include <map>
#include <optional>
#include <string>

namespace model {

struct Request {
  std::string method, path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Takes the first whole request off the front. Nothing: more bytes are needed, or, with `broken`,
// none will help.
std::optional<Request> take_request(std::string& bytes, bool& broken);

// An answer with a body of known length.
std::string answer(int status, const std::string& body, const std::string& further_headers = {});

}  // namespace model
