// SPDX-License-Identifier: MIT
#include "flow/following.h"

#include <vector>

#include "flow/lineup.h"

namespace patchbay {

Following::Wanted Following::wanted_of(const Config& config) const {
  Wanted wanted;
  if (!also_.empty()) wanted.files.insert(also_);
  for (const std::string& file : {config.tls.certificate, config.tls.key}) {
    if (!file.empty()) wanted.files.insert(file);
  }
  if (serves_directory(config)) {
    wanted.directories.insert(directory_of(config));
  } else if (const Result<std::vector<Part>> lineup = lineup_of(config)) {
    for (const Part& part : *lineup) wanted.files.insert(part.file);
  }
  return wanted;
}

void Following::add(const Config& config) {
  if (watch_ == nullptr) return;
  const Wanted wanted = wanted_of(config);
  for (const std::filesystem::path& file : wanted.files) {
    if (followed_.files.insert(file).second) watch_->follow_file(file);
  }
  for (const std::filesystem::path& directory : wanted.directories) {
    followed_.directories.insert(directory);
    if (Problem wrong = watch_->follow_directory(directory))
      log_.warn("the plugin directory is not watched", {{"why", wrong->text()}});
  }
}

void Following::settle(const Config& config) {
  if (watch_ == nullptr) return;
  add(config);
  const Wanted wanted = wanted_of(config);
  std::erase_if(followed_.files, [&](const std::filesystem::path& file) {
    if (wanted.files.contains(file)) return false;
    watch_->forget_file(file);
    return true;
  });
  std::erase_if(followed_.directories, [&](const std::filesystem::path& directory) {
    if (wanted.directories.contains(directory)) return false;
    watch_->forget_directory(directory);
    return true;
  });
}

}  // namespace patchbay
