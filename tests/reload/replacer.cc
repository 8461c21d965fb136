// SPDX-License-Identifier: MIT
#include "reload/replacer.h"

#include <csignal>

#include "reload/admin_socket.h"
#include "reload/conversation.h"
#include "support/wait.h"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

std::uint64_t version_of(std::uint64_t n) {
  return (n - 1) % talker_versions + 1;
}

}  // namespace

void place_talker(const fs::path& directory, std::uint64_t n) {
  const fs::path built = fs::path(fixture_directory()) / "talker" /
                         ("talker_" + std::to_string(version_of(n)) + ".so");
  const fs::path beside = directory / ".talker.new";
  fs::copy_file(built, beside, fs::copy_options::overwrite_existing);
  fs::rename(beside, directory / "talker.so");
}

std::string Replacer::replace() {
  const auto began = SoakClock::now();
  const std::uint64_t next = serving_ + 1;
  succession_.begin(next);
  place_talker(way_.directory, next);
  if (std::string wrong = tell_host(); !wrong.empty()) return wrong;
  // The log says so in every case, and with it how long the exchange took.
  const bool serves = eventually([&] {
    log_.read();
    return log_.swaps().size() >= next || !log_.complaints().empty();
  });
  if (!log_.complaints().empty()) return "the host complains: " + log_.complaints().front();
  if (!serves) return "the host never took version " + std::to_string(next);
  const std::string& version = log_.swaps().back().version;
  if (log_.swaps().size() != next || version != std::to_string(version_of(next)) + ".0.0")
    return "the host took " + version + " as number " + std::to_string(log_.swaps().size());
  succession_.complete(next);
  serving_ = next;
  took_ms_.push_back(std::chrono::duration<float, std::milli>(SoakClock::now() - began).count());
  return "";
}

std::string Replacer::tell_host() {
  if (way_.trigger == "signal") host_.signal(SIGHUP);
  if (way_.trigger != "admin") return "";
  const Answer answer =
      ask_admin(way_.admin_socket, "POST", "/load", Json{{"what", "talker"}}.dump());
  if (answer.status == 200) return "";
  return "POST /load: " + std::to_string(answer.status) + " " + answer.body;
}

}  // namespace patchbay::test
