// SPDX-License-Identifier: MIT
#include "reload/process_view.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* copy_name = "/memfd:";

void read_status(const fs::path& process, ProcessView& view) {
  std::ifstream status(process / "status");
  for (std::string key; status >> key;) {
    if (key == "VmRSS:") status >> view.rss_kib;
    if (key == "Threads:") status >> view.threads;
    std::getline(status, key);
  }
}

// eg: 4711000 815000 42: nanoseconds on a processor, nanoseconds ready for one, turns at it
void read_processor_time(const fs::path& process, ProcessView& view) {
  for (const auto& entry : fs::directory_iterator(process / "task")) {
    double ran = 0;
    double waited = 0;
    if (!(std::ifstream(entry.path() / "schedstat") >> ran >> waited)) continue;
    view.ran_s += ran / 1e9;
    view.waited_s += waited / 1e9;
  }
}

void read_descriptors(const fs::path& process, ProcessView& view) {
  for (const auto& entry : fs::directory_iterator(process / "fd")) {
    std::error_code closed_meanwhile;
    const std::string target = fs::read_symlink(entry, closed_meanwhile).string();
    if (closed_meanwhile) continue;
    ++(target.starts_with(copy_name) ? view.copy_fds : view.plain_fds);
  }
}

// eg: 7f2c0000-7f2c1000 r-xp 00001000 00:01 4711    /memfd:talker (deleted)
void read_maps(const fs::path& process, ProcessView& view) {
  std::ifstream maps(process / "maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range, access, offset, device, inode, name;
    fields >> range >> access >> offset >> device >> inode >> name;
    if (!name.starts_with(copy_name)) continue;
    view.copies_mapped.insert(inode);
    if (access.find('x') != std::string::npos) view.code_mapped.insert(inode);
  }
}

}  // namespace

ProcessView ProcessView::of(pid_t pid) {
  const fs::path process = "/proc/" + std::to_string(pid);
  ProcessView view;
  read_status(process, view);
  read_processor_time(process, view);
  read_descriptors(process, view);
  read_maps(process, view);
  return view;
}

}  // namespace patchbay::test
