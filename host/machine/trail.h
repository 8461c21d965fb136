// SPDX-License-Identifier: MIT
// Where a path leads: every name that has a say in it, and what the file at its end looks like.
// Only looks; opens no file.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace patchbay {

// One name in one directory. To give the name to something else is to change where the path leads.
struct Waymark {
  std::filesystem::path directory;  // without a symbolic link in it, eg: "/etc/plugins"
  std::string name;                 // eg: "..data"; "" stands for all names in it
  bool written = false;             // what the name stands for may be written to: it is the end

  bool operator==(const Waymark&) const = default;
};

struct Trail {
  // The symbolic links on the way, and the last name there is or the first that is missing. Plain
  // directories on the way have none: too much happens above a file to listen to all of it.
  std::vector<Waymark> marks;
  std::filesystem::path end;  // the real path; empty where the path leads nowhere
};

// Relative paths begin at the working directory. [any]
Trail trail_of(const std::filesystem::path& path);

// Two equal stamps of a path: nobody replaced or wrote to the file in between, as far as its file
// system tells.
struct FileStamp {
  bool exists = false;  // as a file: a directory or a pipe in its place is none
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // tells of writes whose author set the time of modification back

  bool operator==(const FileStamp&) const = default;
};

// Of the file behind all symbolic links. [any]
FileStamp stamp_of(const std::filesystem::path& path);

}  // namespace patchbay
