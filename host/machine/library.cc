// SPDX-License-Identifier: MIT
#include "machine/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>  // boost/dll/library_info.hpp of 1.74 forgets it

namespace patchbay {
namespace {

std::uint64_t inode_of(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

Mappings Mappings::now() {
  Mappings mappings;
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    Range range;
    if (std::sscanf(line.c_str(), "%zx-%zx %*s %*s %*s %" SCNu64, &range.from, &range.to,
                    &range.inode) == 3)
      mappings.ranges_.push_back(range);
  }
  return mappings;
}

// The address alone says nothing: as soon as a library is gone, another thread may be given its
// place, eg. for a stack.
bool Mappings::has(std::uintptr_t address, std::uint64_t inode) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](std::uintptr_t wanted, const Range& range) { return wanted < range.to; });
  return after != ranges_.end() && after->from <= address && after->inode == inode;
}

struct Library::Mapped {
  Candidate candidate;  // keeps the copy's descriptor, and so its name, while the library is mapped
  boost::dll::shared_library library;
  Entry entry = nullptr;
  const vap_plugin_t* plugin = nullptr;
};

Library::Library(std::unique_ptr<Mapped> mapped)
    : mapped_(std::move(mapped)),
      code_(reinterpret_cast<std::uintptr_t>(mapped_->entry)),
      inode_(inode_of(mapped_->candidate.path())) {}
Library::Library(Library&&) noexcept = default;
Library& Library::operator=(Library&&) noexcept = default;
Library::~Library() {
  if (mapped_) unload();
}

Result<Library> Library::load(const Candidate& candidate) {
  auto mapped = std::make_unique<Mapped>(Mapped{candidate, {}, nullptr, nullptr});
  const std::string path = candidate.path();
  Entry entry = nullptr;
  try {
    mapped->library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    entry = mapped->library.get<const vap_plugin_t*()>("vap_plugin_v1");
  } catch (const std::exception& wrong) {
    return Error{"cannot_load", fmt::format("the loader refuses it: {}", wrong.what()),
                 "build it where all its libraries are, or link them statically"};
  }
  Dl_info where{};
  // The loader must have mapped this very copy, and not a library that it thinks is the same.
  if (::dladdr(reinterpret_cast<void*>(entry), &where) == 0 || path != where.dli_fname) {
    return Error{"loader_reused", "the loader gave an older library instead of this copy",
                 "rename the file, and tell us: this should not happen"};
  }
  mapped->entry = entry;
  mapped->plugin = entry();
  constexpr auto least =
      offsetof(vap_plugin_t, get_extension) + sizeof(mapped->plugin->get_extension);
  if (mapped->plugin == nullptr || mapped->plugin->struct_size < least ||
      mapped->plugin->create == nullptr || mapped->plugin->destroy == nullptr ||
      mapped->plugin->on_turn == nullptr || mapped->plugin->get_extension == nullptr) {
    return Error{"bad_table", "vap_plugin_v1() returns null or a table with gaps",
                 "fill in all four functions of vap_plugin_t, and struct_size"};
  }
  return Library(std::move(mapped));
}

const vap_plugin_t& Library::plugin() const {
  return *mapped_->plugin;
}
Library::Entry Library::entry() const {
  return mapped_->entry;
}

const void* Library::find_symbol(const std::string& name) const {
  return ::dlsym(mapped_->library.native(), name.c_str());
}

bool Library::unload() {
  const std::unique_ptr<Mapped> mapped = std::move(mapped_);
  mapped->library.unload();
  if (!is_mapped(Mappings::now())) return true;
  mapped->candidate.keep_name();
  return false;
}

bool Library::is_mapped(const Mappings& mappings) const {
  return mappings.has(code_, inode_);
}

void Library::keep_mapped() {
  const std::unique_ptr<Mapped> mapped = std::move(mapped_);
  // One reference more than will ever be given back.
  ::dlopen(mapped->candidate.path().c_str(), RTLD_NOLOAD | RTLD_NOW);
  mapped->candidate.keep_name();
}

bool loader_finds(const std::string& soname) {
  return ::dlopen(soname.c_str(), RTLD_LAZY | RTLD_LOCAL) != nullptr;
}

}  // namespace patchbay
