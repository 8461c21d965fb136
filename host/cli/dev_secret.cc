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
#include "machine/files.h"

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

}  // namespace

Result<Secret> make_up_secret() {
  unsigned char random[24];
  if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
    return Error{"no_randomness", "the system gives no random bytes", ""};
  std::string text = "whsec_dev_";
  for (const unsigned char byte : random) text += fmt::format("{:02x}", byte);
  return Secret(std::move(text));
}

Result<Secret> make_dev_secret() {
  Result<Secret> made = make_up_secret();
  if (!made) return made;
  const std::string_view text = made->bytes();
  const fs::path file = dev_secret_file();
  std::error_code wrong;
  fs::create_directories(file.parent_path(), wrong);
  const Descriptor out(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out || ::fchmod(out.get(), 0600) != 0 ||
      ::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error{
        "cannot_keep_secret",
        fmt::format("cannot write {}: {}", file.string(), std::generic_category().message(errno)),
        "set LAYERCODE_WEBHOOK_SECRET instead"};
  }
  return made;
}

std::optional<Secret> find_dev_secret() {
  Result<Secret> found = resolve_secret({SecretRef::Kind::file, dev_secret_file().string()});
  if (!found) return std::nullopt;
  return *std::move(found);
}

}  // namespace patchbay
