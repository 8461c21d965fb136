// SPDX-License-Identifier: MIT
#include "machine/candidate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "machine/descriptor.h"

namespace patchbay {
namespace {

constexpr std::size_t largest_plugin = std::size_t{512} * 1024 * 1024;  // bytes

Error failed(std::string_view what, const std::filesystem::path& file) {
  return {
      "cannot_stage",
      fmt::format("cannot {} {}: {}", what, file.string(), std::generic_category().message(errno)),
      "check the path and that this user may read it"};
}

// Has the file been touched between the two looks? Size alone misses an overwrite in place.
bool same_file(const struct stat& before, const struct stat& after) {
  return before.st_size == after.st_size && before.st_ino == after.st_ino &&
         before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
         before.st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
         before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
         before.st_ctim.tv_nsec == after.st_ctim.tv_nsec;
}

bool write_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(to, bytes, size);
    if (written < 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

// Its name is what /proc/<pid>/maps shows: the file's own.
Descriptor make_memory(const std::filesystem::path& file) {
  return Descriptor(::memfd_create(file.stem().c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using Hash = std::unique_ptr<EVP_MD_CTX, DigestDeleter>;

Hash begin_hash() {
  Hash hash(EVP_MD_CTX_new());
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  return hash;
}

std::string hex_of(const Hash& hash) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(hash.get(), sum, &length);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", sum[i]);
  return hex;
}

// Copies and hashes in one pass, so that what was hashed is what is loaded.
Result<std::string> copy_hashing(int from, int to, const std::filesystem::path& file) {
  const Hash hash = begin_hash();
  std::vector<char> piece(std::size_t{256} * 1024);
  for (;;) {
    const ssize_t got = ::read(from, piece.data(), piece.size());
    if (got < 0) return failed("read", file);
    if (got == 0) break;
    EVP_DigestUpdate(hash.get(), piece.data(), static_cast<std::size_t>(got));
    if (!write_all(to, piece.data(), static_cast<std::size_t>(got))) return failed("copy", file);
  }
  return hex_of(hash);
}

// A file system that does not know says that there are none.
std::vector<Hole> holes_of(int file, off_t size) {
  std::vector<Hole> holes;
  for (off_t at = ::lseek(file, 0, SEEK_HOLE); at >= 0 && at < size;) {
    const off_t data = ::lseek(file, at, SEEK_DATA);
    const off_t end = data < 0 ? size : data;  // ENXIO: nothing but a hole to the end
    holes.push_back({static_cast<std::uint64_t>(at), static_cast<std::uint64_t>(end - at)});
    at = ::lseek(file, end, SEEK_HOLE);
  }
  ::lseek(file, 0, SEEK_SET);
  return holes;
}

constexpr int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

}  // namespace

struct Candidate::Copy {
  std::filesystem::path file;
  std::string digest;
  std::vector<Hole> holes;
  mutable Descriptor memory;
  void* mapped = MAP_FAILED;
  std::size_t size = 0;

  [[nodiscard]] Problem seal();
  [[nodiscard]] Problem map();

  Copy() = default;
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  ~Copy() {
    if (mapped != MAP_FAILED) ::munmap(mapped, size);
  }
};

Candidate::Candidate(std::shared_ptr<const Copy> copy) : copy_(std::move(copy)) {}

// Nobody may change the copy from here, and it can be read where it lies.
Problem Candidate::Copy::seal() {
  if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) return failed("seal the copy of", file);
  return map();
}

Problem Candidate::Copy::map() {
  mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, memory.get(), 0);
  if (mapped == MAP_FAILED) return failed("map the copy of", file);
  return std::nullopt;
}

Result<Candidate> Candidate::again() const {
  auto copy = std::make_shared<Copy>();
  copy->file = copy_->file;
  copy->digest = copy_->digest;
  copy->size = copy_->size;
  copy->memory = make_memory(copy->file);
  if (!copy->memory || !write_all(copy->memory.get(), bytes().data(), bytes().size()))
    return failed("make a private copy of", copy->file);
  if (Problem wrong = copy->seal()) return *std::move(wrong);
  return Candidate(std::move(copy));
}

Result<Candidate> Candidate::stage(const std::filesystem::path& file) {
  // Not to wait for who might write to a pipe of that name.
  const Descriptor source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!source) return failed("open", file);
  struct stat before {};
  if (::fstat(source.get(), &before) != 0) return failed("look at", file);
  if (!S_ISREG(before.st_mode))
    return Error{"not_a_file", fmt::format("{} is not a regular file", file.string()), ""};
  if (before.st_size == 0 || static_cast<std::size_t>(before.st_size) > largest_plugin) {
    return Error{"wrong_size",
                 fmt::format("{} has {} bytes; a plugin has at least one and at most {}",
                             file.string(), before.st_size, largest_plugin),
                 ""};
  }

  auto copy = std::make_shared<Copy>();
  copy->file = file;
  copy->memory = make_memory(file);
  if (!copy->memory) return failed("make a private copy of", file);
  copy->holes = holes_of(source.get(), before.st_size);
  Result<std::string> digest = copy_hashing(source.get(), copy->memory.get(), file);
  if (!digest) return std::move(digest).error();
  copy->digest = *std::move(digest);

  struct stat after {};
  struct stat copied {};
  if (::fstat(source.get(), &after) != 0 || ::fstat(copy->memory.get(), &copied) != 0)
    return failed("look at", file);
  if (!same_file(before, after) || copied.st_size != before.st_size) {
    return Error{"still_changing", fmt::format("{} changed while it was copied", file.string()),
                 "it is tried again when it has settled"};
  }
  copy->size = static_cast<std::size_t>(copied.st_size);
  if (Problem wrong = copy->seal()) return *std::move(wrong);
  return Candidate(std::move(copy));
}

Result<Candidate> Candidate::adopt(Descriptor sealed, std::filesystem::path file) {
  auto copy = std::make_shared<Copy>();
  copy->file = std::move(file);
  copy->memory = std::move(sealed);
  const int found = ::fcntl(copy->memory.get(), F_GET_SEALS);
  if (found < 0 || (found & seals) != seals)
    return Error{"not_sealed",
                 fmt::format("what is to be {} is no sealed copy", copy->file.string()), ""};
  struct stat copied {};
  if (::fstat(copy->memory.get(), &copied) != 0) return failed("look at", copy->file);
  copy->size = static_cast<std::size_t>(copied.st_size);
  if (Problem wrong = copy->map()) return *std::move(wrong);
  const Hash hash = begin_hash();
  EVP_DigestUpdate(hash.get(), copy->mapped, copy->size);
  copy->digest = hex_of(hash);
  return Candidate(std::move(copy));
}

const std::filesystem::path& Candidate::file() const {
  return copy_->file;
}
std::string Candidate::name() const {
  return copy_->file.stem().string();
}
const std::string& Candidate::digest() const {
  return copy_->digest;
}
std::string_view Candidate::bytes() const {
  return {static_cast<const char*>(copy_->mapped), copy_->size};
}

const std::vector<Hole>& Candidate::holes() const {
  return copy_->holes;
}

// Never /proc/self: the loader knows libraries by name, and a number that was used again would give
// the old one. A holder keeps the descriptor open, so within this process the name stays unique.
std::string Candidate::path() const {
  return fmt::format("/proc/{}/fd/{}", ::getpid(), copy_->memory.get());
}

int Candidate::descriptor() const {
  return copy_->memory.get();
}

void Candidate::keep_name() const {
  static_cast<void>(copy_->memory.release());
}

}  // namespace patchbay
