// SPDX-License-Identifier: MIT
// A real nginx or HAProxy in front of a host, with the very file that docs/examples has for it:
// with addresses of this test, without TLS, and with every path handed on, since tests also ask for
// /metrics.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/host_process.h"
#include "support/temp_dir.h"

namespace patchbay::test {

enum class ProxyKind { nginx, haproxy };

enum class Paths {
  all,
  documented,  // /api/ and /agents/ only
};

class Proxy {
 public:
  // It listens when this returns.
  Proxy(ProxyKind kind, std::uint16_t host_port, Paths paths = Paths::all);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void start_nginx(std::uint16_t host_port, Paths paths);
  void start_haproxy(std::uint16_t host_port, Paths paths);

  const TempDir dir_;
  const ProxyKind kind_;
  const std::uint16_t port_;
  std::unique_ptr<HostProcess> process_;
};

// What Debian's nginx.conf has around a file of conf.d, with all that it writes in that directory;
// where it lies. In the foreground, one process.
std::string nginx_around(const TempDir& directory, std::string_view server_file);

// The proxy that the tests of this process go through: PATCHBAY_TEST_PROXY names it.
std::optional<ProxyKind> proxy_of_this_run();

// A host whose port() is that proxy's, where there is one.
class FrontedHost : public HostProcess {
 public:
  using HostProcess::HostProcess;
  std::uint16_t port() override;

 private:
  std::unique_ptr<Proxy> proxy_;
};

}  // namespace patchbay::test
