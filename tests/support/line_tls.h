// SPDX-License-Identifier: MIT
// TLS for a whole run of tests: where PATCHBAY_TEST_TLS is set, hosts are started with a throwaway
// certificate and lines speak TLS to them, so that the same cases are true of both.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::test {

bool is_over_tls();
// For `serve`; empty where connections are plain. The files live as long as the process.
std::vector<std::string> tls_flags();

// The client's end, on a socket that waits. Believes every certificate.
class LineTls {
 public:
  explicit LineTls(int socket);  // shakes hands
  ~LineTls();
  LineTls(const LineTls&) = delete;
  LineTls& operator=(const LineTls&) = delete;

  // As send and recv, of which each waits.
  long send(std::string_view bytes);
  long receive(char* into, std::size_t size);
  [[nodiscard]] bool has_some() const;  // which the socket does not show
  void say_farewell();
  // Whom the other end's certificate names; empty where the handshake failed.
  [[nodiscard]] std::string certificate() const;

 private:
  struct Ends;
  const std::unique_ptr<Ends> ends_;
};

}  // namespace patchbay::test
