// SPDX-License-Identifier: MIT
#include "cli/dev_secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "machine/descriptor.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// $XDG_STATE_HOME/patchbay/dev-secret, as the XDG base directories have it.
fs::path dev_secret_file() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody calls setenv
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  const fs::path base = state != nullptr && *state != '\0'
                            ? fs::path(state)
                            : fs::path(home != nullptr ? home : "/tmp") / ".local" / "state";
  return base / "patchbay" / "dev-secret";
}

constexpr std::string_view dev_prefix = "whsec_dev_";
constexpr std::size_t random_size = 24;  // bytes; two hex digits each

// A file of this user's that nobody else may read.
bool is_private(const Descriptor& file) {
  struct stat facts {};
  return ::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
         facts.st_uid == ::geteuid() && (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

Problem keep(std::string_view text) {
  const fs::path file = dev_secret_file();
  std::error_code wrong;
  fs::create_directories(file.parent_path(), wrong);
  const Descriptor out(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (out && ::fchmod(out.get(), 0600) == 0 &&
      ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return std::nullopt;
  }
  return Error{
      "cannot_keep_secret",
      fmt::format("cannot write {}: {}", file.string(), std::generic_category().message(errno)),
      "set LAYERCODE_WEBHOOK_SECRET instead"};
}

}  // namespace

Result<Secret> make_up_secret() {
  unsigned char random[random_size];
  if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
    return Error{"no_randomness", "the system gives no random bytes", ""};
  std::string text(dev_prefix);
  for (const unsigned char byte : random) text += fmt::format("{:02x}", byte);
  return Secret(std::move(text));
}

Result<Secret> dev_secret() {
  if (std::optional<Secret> kept = find_dev_secret()) return *std::move(kept);
  Result<Secret> made = make_up_secret();
  if (!made) return made;
  if (Problem wrong = keep(made->bytes())) return *std::move(wrong);
  return made;
}

std::optional<Secret> find_dev_secret() {
  const Descriptor file(::open(dev_secret_file().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file || !is_private(file)) return std::nullopt;
  std::string text(dev_prefix.size() + 2 * random_size, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size != static_cast<ssize_t>(text.size()) || !text.starts_with(dev_prefix))
    return std::nullopt;
  return Secret(std::move(text));
}

}  // namespace patchbay
