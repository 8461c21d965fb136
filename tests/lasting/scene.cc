// SPDX-License-Identifier: MIT
#include "lasting/scene.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "support/webhook.h"

namespace patchbay::test {
namespace {

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

constexpr const char* never_closed =
    "[agents.bakery.config.hours]\nmonday = \"00:00-24:00\"\ntuesday = \"00:00-24:00\"\n"
    "wednesday = \"00:00-24:00\"\nthursday = \"00:00-24:00\"\nfriday = \"00:00-24:00\"\n"
    "saturday = \"00:00-24:00\"\nsunday = \"00:00-24:00\"\n";

}  // namespace

Scene::Scene(const std::string& store, std::string further, std::string webhook)
    : store_(store.empty() ? "sqlite:" + database() : store),
      further_(std::move(further)),
      webhook_(std::move(webhook)) {
  write_settings();
  // Hosts look for all of them in one place.
  std::filesystem::create_directory(dir_.of("plugins"));
  for (const std::string& plugin :
       {plugin_directory() + "/greeter.so", plugin_directory() + "/bakery.so",
        std::string(PATCHBAY_BINARY_DIR "/lasting/diary.so")})
    std::filesystem::create_symlink(plugin,
                                    dir_.of("plugins") / std::filesystem::path(plugin).filename());
}

void Scene::change_settings() {
  ++edition_;
  write_settings();
}

// In one rename: a host that reads it meanwhile reads the one or the other.
void Scene::write_settings() const {
  const auto draft = dir_.of("patchbay.toml.new");
  std::ofstream(draft) << "[webhook]\nfallback = \"" << failure_line << "\"\n"
                       << webhook_ << "[store]\nurl = \"" << store_ << "\"\n"
                       << further_ << "[agents.diary]\nplugin = \"diary\"\n"
                       << "[agents.diary.config]\nfile = \"" << dir_.of("deeds")
                       << "\"\nedition = " << edition_ << "\n[agents.greeter]\n"
                       << "plugin = \"greeter\"\n[agents.bakery]\nplugin = \"bakery\"\n"
                       << "[agents.bakery.config]\norder_book = \"" << dir_.of("orders") << "\"\n"
                       << never_closed;
  std::filesystem::rename(draft, dir_.of("patchbay.toml"));
}

std::unique_ptr<HostProcess> Scene::open() const {
  return std::make_unique<HostProcess>(
      serving(dir_.of("plugins"), {"--config", dir_.of("patchbay.toml")}));
}

std::vector<std::string> Scene::deeds() const {
  return lines_of(dir_.of("deeds"));
}

std::vector<std::string> Scene::orders() const {
  return lines_of(dir_.of("orders"));
}

Heard hear(std::uint16_t port, std::string_view agent, std::string_view body) {
  Webhook webhook;
  webhook.path = "/agents/" + std::string(agent);
  webhook.body = body;
  const Answer answer = send(port, webhook);
  if (answer.status != 200 || !answer.whole) return {};
  return {answer.spoken(), answer.ends() == 1};
}

std::string say_in(HostProcess& host, std::string_view agent, std::string_view conversation,
                   std::string_view text) {
  return say(host.port(), agent, text, conversation).spoken();
}

std::string after_interruption(std::string_view text, std::string_view conversation,
                               std::string_view interrupted_turn, std::string_view heard) {
  Json body = Json::parse(message(text, conversation));
  body["interruption_context"] = {{"previous_turn_interrupted", true},
                                  {"text_heard", heard},
                                  {"assistant_turn_id", interrupted_turn}};
  return body.dump();
}

Line begin(std::uint16_t port, std::string_view agent, std::string_view body) {
  Webhook webhook;
  webhook.path = "/agents/" + std::string(agent);
  webhook.body = body;
  Line line(port);
  line.send(webhook.request());
  if (line.read_head().status != 200 || !line.next_event())
    throw std::runtime_error("the turn did not begin");
  return line;
}

Line begin(HostProcess& host, std::string_view agent, std::string_view body) {
  return begin(host.port(), agent, body);
}

}  // namespace patchbay::test
