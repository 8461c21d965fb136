// SPDX-License-Identifier: MIT
// Asks a host's admin interface, by its unix socket.
#pragma once
#include <string>
#include <string_view>

#include "support/line.h"

namespace patchbay::test {

inline Answer ask_admin(const std::string& socket, std::string_view method, std::string_view path,
                        std::string_view body = "") {
  Line line = Line::to_unix_socket(socket);
  line.send(std::string(method) + ' ' + std::string(path) +
            " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return line.read_answer();
}

}  // namespace patchbay::test
