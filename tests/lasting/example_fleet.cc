// SPDX-License-Identifier: MIT
#include "lasting/example_fleet.h"

#include <sys/socket.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/examples.h"
#include "support/free_port.h"
#include "support/line.h"
#include "support/proxy.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

constexpr const char* names[] = {"one", "two"};  // of the hosts in haproxy.cfg
constexpr const char* written_hosts[] = {"10.0.0.11:8080", "10.0.0.12:8080"};

// What HAProxy answers on its socket.
std::string ask_haproxy(const std::string& socket, const std::string& command) {
  const Line line = Line::to_unix_socket(socket);
  line.send(command + '\n');
  std::string all;
  char piece[4096];
  for (ssize_t got = 0; (got = ::recv(line.socket(), piece, sizeof piece, 0)) > 0;)
    all.append(piece, static_cast<std::size_t>(got));
  return all;
}

}  // namespace

ExampleFleet::ExampleFleet(Balancer balancer) : kind_(balancer), door_(free_port()) {
  std::filesystem::create_directory(dir_.of("plugins"));
  std::filesystem::create_symlink(PATCHBAY_BINARY_DIR "/lasting/witness.so",
                                  dir_.of("plugins/witness.so"));
  for (Host& host : hosts_) host.port = free_port_to_keep();
  kind_ == Balancer::haproxy ? open_haproxy() : open_nginx();
  if (!eventually([this] { return listens(door_); }))
    throw std::runtime_error("the balancer does not start: " + balancer_->log());
  for (std::size_t which = 0; which < hosts; ++which) start(which);
}

std::string ExampleFleet::write(const std::string& file, const Changes& changes,
                                const std::string& as) const {
  std::ofstream(dir_.of(as)) << example("fleet/" + file, changes);
  return dir_.of(as);
}

void ExampleFleet::open_haproxy() {
  const std::string file = write("haproxy.cfg",
                                 {{"/dev/log local0", "stderr format raw local0"},
                                  {"/run/haproxy/admin.sock", dir_.of("haproxy.sock")},
                                  {"bind :8000", "bind " + here(door_)},
                                  {written_hosts[0], here(hosts_[0].port)},
                                  {written_hosts[1], here(hosts_[1].port)}},
                                 "haproxy.cfg");
  balancer_ = std::make_unique<HostProcess>(HostProcess::Setup{
      .arguments = {"-db", "-f", file}, .program = program("/usr/sbin/haproxy")});
}

void ExampleFleet::open_nginx() {
  const std::string server = write("nginx.conf",
                                   {{"listen 8000;", "listen " + here(door_) + ";"},
                                    {written_hosts[0], here(hosts_[0].port)},
                                    {written_hosts[1], here(hosts_[1].port)}},
                                   "server.conf");
  balancer_ = std::make_unique<HostProcess>(
      HostProcess::Setup{.arguments = {"-c", nginx_around(dir_, server), "-p", dir_.path},
                         .program = program("/usr/sbin/nginx")});
}

void ExampleFleet::start(std::size_t which) {
  Host& host = hosts_[which];
  const std::string name = names[which];
  const std::string config =
      write("patchbay.toml",
            {{"0.0.0.0:8080", here(host.port)},
             {"/usr/local/lib/patchbay/plugins", dir_.of("plugins")},
             {"file:/run/credentials/patchbay.service/webhook", "env:LAYERCODE_WEBHOOK_SECRET"}},
            name + ".toml");
  host.process = std::make_unique<HostProcess>(HostProcess::Setup{
      .arguments = {"serve", "--config", config, "--admin", dir_.of(name + ".sock")},
      .environment = {{"LAYERCODE_WEBHOOK_SECRET", test_secret},
                      {"PATCHBAY_STORE", "unix:" + redis_.socket()},
                      {"WITNESS_FILE", dir_.of("witnessed")}}});
  host.process->port();
  if (!eventually([&] { return kind_ != Balancer::haproxy || standing_of(which) == "UP"; }))
    throw std::runtime_error("the balancer does not take host " + name);
}

// As HAProxy sees it, eg: "UP", "UP 1/2" (it may still get turns), "DOWN".
std::string ExampleFleet::standing_of(std::size_t which) const {
  constexpr int status = 17;  // of the columns that HAProxy's manual numbers from 0
  std::istringstream table(ask_haproxy(dir_.of("haproxy.sock"), "show stat"));
  for (std::string row; std::getline(table, row);) {
    if (!row.starts_with(std::string("hosts,") + names[which] + ',')) continue;
    std::istringstream columns(row);
    std::string column;
    for (int number = 0; number <= status; ++number) std::getline(columns, column, ',');
    return column;
  }
  return {};
}

void ExampleFleet::take_out(std::size_t which) {
  HostProcess drain(
      {.arguments = {"drain", "--admin", dir_.of(std::string(names[which]) + ".sock")}});
  if (drain.wait() != 0) throw std::runtime_error("patchbay drain: " + drain.log());
  if (!eventually([&] { return standing_of(which) == "DOWN"; }))
    throw std::runtime_error("the balancer goes on with a host that drains");
}

ExampleFleet::~ExampleFleet() {
  for (Host& host : hosts_) host.process.reset();
  balancer_->signal(kind_ == Balancer::haproxy ? SIGUSR1 : SIGQUIT);  // else HAProxy ends with 143
  balancer_->wait();
}

int ExampleFleet::stop(std::size_t which) {
  host(which).signal(SIGTERM);
  return host(which).wait();
}

int ExampleFleet::turns_open(std::size_t which) const {
  const std::string name = "\npatchbay_turns_open ";
  const std::string numbers = get(hosts_[which].port, "/metrics").body;
  const std::size_t at = numbers.find(name);
  if (at == std::string::npos) throw std::runtime_error("no patchbay_turns_open in " + numbers);
  return std::stoi(numbers.substr(at + name.size()));
}

void ExampleFleet::kill(std::size_t which) {
  host(which).signal(SIGKILL);
  host(which).wait();
}

std::vector<std::string> ExampleFleet::witnessed() const {
  std::vector<std::string> lines;
  std::ifstream in(dir_.of("witnessed"));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace patchbay::test
