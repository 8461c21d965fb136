// SPDX-License-Identifier: MIT
#include "support/proxy.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "support/examples.h"
#include "support/free_port.h"
#include "support/wait.h"

namespace patchbay::test {

std::string nginx_around(const TempDir& directory, std::string_view server_file) {
  std::string text = "daemon off;\nmaster_process off;\npid " + directory.of("nginx.pid") +
                     ";\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n";
  text += "client_body_temp_path " + directory.of("body") + ";\n";
  for (const char* kind : {"proxy", "fastcgi", "uwsgi", "scgi"})
    text += std::string(kind) + "_temp_path " + directory.of(kind) + ";\n";
  text.append("include ").append(server_file).append(";\n}\n");
  std::ofstream(directory.of("nginx.conf")) << text;
  return directory.of("nginx.conf");
}

Proxy::Proxy(ProxyKind kind, std::uint16_t host_port, Paths paths)
    : kind_(kind), port_(free_port()) {
  kind_ == ProxyKind::nginx ? start_nginx(host_port, paths) : start_haproxy(host_port, paths);
  if (!eventually([this] { return listens(port_); }))
    throw std::runtime_error("the proxy does not start: " + process_->log());
}

Proxy::~Proxy() {
  process_->signal(kind_ == ProxyKind::nginx ? SIGQUIT : SIGUSR1);  // an orderly end
  process_->wait();
}

void Proxy::start_nginx(std::uint16_t host_port, Paths paths) {
  Changes changes{{"listen 443 ssl http2", "listen " + here(port_)},
                  {"    ssl_certificate ", "    # "},
                  {"    ssl_certificate_key ", "    # "},
                  {"127.0.0.1:8080", here(host_port)}};
  if (paths == Paths::all) changes.emplace_back("location /api/ ", "location / ");
  std::ofstream(dir_.of("server.conf")) << example("nginx.conf", changes);
  const std::string config = nginx_around(dir_, dir_.of("server.conf"));
  process_ = std::make_unique<HostProcess>(HostProcess::Setup{
      .arguments = {"-c", config, "-p", dir_.path}, .program = program("/usr/sbin/nginx")});
}

void Proxy::start_haproxy(std::uint16_t host_port, Paths paths) {
  const std::string tls = " ssl crt /etc/haproxy/voice.example.com.pem alpn h2,http/1.1";
  Changes changes{{"/dev/log local0", "stderr format raw local0"},
                  {"bind :443" + tls, "bind " + here(port_)},
                  {"127.0.0.1:8080", here(host_port)}};
  if (paths == Paths::all) changes.emplace_back("unless { path_beg /api/ /agents/ }", "if FALSE");
  std::ofstream(dir_.of("haproxy.cfg")) << example("haproxy.cfg", changes);
  process_ = std::make_unique<HostProcess>(HostProcess::Setup{
      .arguments = {"-db", "-f", dir_.of("haproxy.cfg")}, .program = program("/usr/sbin/haproxy")});
}

std::optional<ProxyKind> proxy_of_this_run() {
  // Nobody sets it while tests run.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* const name = std::getenv("PATCHBAY_TEST_PROXY");
  if (name == nullptr) return std::nullopt;
  if (std::string_view(name) == "nginx") return ProxyKind::nginx;
  if (std::string_view(name) == "haproxy") return ProxyKind::haproxy;
  throw std::runtime_error(std::string("PATCHBAY_TEST_PROXY names no proxy: ") + name);
}

std::uint16_t FrontedHost::port() {
  const std::uint16_t own = HostProcess::port();
  const std::optional<ProxyKind> kind = proxy_of_this_run();
  if (!kind) return own;
  if (!proxy_) proxy_ = std::make_unique<Proxy>(*kind, own);
  return proxy_->port();
}

}  // namespace patchbay::test
