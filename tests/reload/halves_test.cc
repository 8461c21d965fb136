// SPDX-License-Identifier: MIT
// Copies that are not complete: the host answers throughout, refuses each with its reason, and
// takes the file when it is whole.
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <set>

#include "codec/elf_image.h"
#include "reload/stage.h"
#include "support/file_bytes.h"

namespace patchbay::test {
namespace {

constexpr std::size_t page = 4096;

// Version 2 without what is never loaded: each byte of it counts.
std::string stripped(const Stage& stage) {
  const fs::path file = stage.home.path / "stripped";
  REQUIRE(std::system(("strip -o " + file.string() + " " + version(2).string()).c_str()) == 0);
  return file_bytes(file);
}

void write_file(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

// The bytes, but for one page that was never written.
void write_with_hole(const fs::path& file, std::string_view bytes, std::size_t at) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  REQUIRE(fd >= 0);
  CHECK(::ftruncate(fd, static_cast<off_t>(bytes.size())) == 0);
  const std::size_t end = std::min(at + page, bytes.size());
  CHECK(::pwrite(fd, bytes.data(), at, 0) == static_cast<ssize_t>(at));
  CHECK(::pwrite(fd, bytes.data() + end, bytes.size() - end, static_cast<off_t>(end)) ==
        static_cast<ssize_t>(bytes.size() - end));
  ::close(fd);
}

// Where a missing page takes something that is loaded away.
std::vector<std::size_t> pages_that_matter(const std::string& bytes) {
  const Result<ElfImage> image = open_elf(bytes);
  REQUIRE(image);
  std::set<std::size_t> pages;
  for (const ElfSection& section : image->sections) {
    if ((section.flags & SHF_ALLOC) == 0 || section.bytes.empty()) continue;
    for (std::size_t at = section.offset / page; at * page < section.offset + section.bytes.size();
         ++at)
      pages.insert(at * page);
  }
  return {pages.begin(), pages.end()};
}

// Every file of that prefix is refused, for another reason than that it came too late.
void check_all_refused(HostProcess& host, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string name = prefix + std::to_string(i) + ".so";
    CAPTURE(name);
    CHECK(eventually([&] {
      REQUIRE(words(host) == "version 1");
      return host.log().find("plugin refused file=" + name) != std::string::npos ||
             host.log().find(name + " code=") != std::string::npos;
    }));
  }
  const std::string log = host.log();
  CHECK(log.find("same_plugin_twice") == std::string::npos);
  CHECK(log.find("probe_crashed") == std::string::npos);
  CHECK(log.find("generation=2") == std::string::npos);
}

TEST_SUITE("halves") {
  TEST_CASE("a copy cut at any place, or with a tail of zeros, is refused; the host answers") {
    Stage stage;
    const std::string whole = stripped(stage);
    std::mt19937 random(20261126);
    constexpr int cuts = 200;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    SUBCASE("cut") {
      for (int i = 0; i < cuts; ++i)
        write_file(stage.plugins / ("cut" + std::to_string(i) + ".so"),
                   std::string_view(whole).substr(0, 1 + random() % (whole.size() - 1)));
      check_all_refused(host, "cut", cuts);
    }
    SUBCASE("zeros") {
      for (int i = 0; i < cuts; ++i) {
        std::string zeroed = whole;
        zeroed.replace(random() % (whole.size() - 1), std::string::npos, "");
        zeroed.resize(whole.size(), '\0');
        write_file(stage.plugins / ("zeros" + std::to_string(i) + ".so"), zeroed);
      }
      check_all_refused(host, "zeros", cuts);
    }
  }

  TEST_CASE("a copy with a page that was never written is refused") {
    Stage stage;
    const std::string whole = stripped(stage);
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    const std::vector<std::size_t> pages = pages_that_matter(whole);
    REQUIRE(pages.size() > 2);
    int count = 0;
    for (const std::size_t at : pages)
      write_with_hole(stage.plugins / ("hole" + std::to_string(count++) + ".so"), whole, at);
    check_all_refused(host, "hole", count);
  }

  TEST_CASE("a plugin that is copied slowly, in pieces of a kilobyte, is taken when it is whole") {
    Stage stage;
    const std::string whole = stripped(stage);
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    const std::size_t pieces = whole.size() / 1024 + 1;
    const std::set<std::size_t> pauses{1, pieces / 3, pieces / 2, pieces - 1};
    std::ofstream copy(stage.file, std::ios::binary | std::ios::trunc);
    for (std::size_t i = 0; i < pieces; ++i) {
      if (pauses.contains(i)) {  // as long as it takes to be noticed
        const std::size_t before = host.log().size();
        CHECK(eventually([&] {
          REQUIRE(words(host) == "version 1");
          return host.log().find("plugin refused", before) != std::string::npos;
        }));
      }
      copy << std::string_view(whole).substr(i * 1024, 1024) << std::flush;
    }
    copy.close();
    CHECK(comes(host, 2));
  }
}

}  // namespace
}  // namespace patchbay::test
