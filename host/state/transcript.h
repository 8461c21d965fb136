// SPDX-License-Identifier: MIT
// What went to the caller in one turn, in the order of the wire: one text, and where its pieces
// end. A turn may have hundreds of them, and ten thousand turns may be open: as strings of their
// own, words would hold several times their bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"

namespace patchbay {

// One thing that went to the caller.
struct Piece {
  enum class Kind : std::uint8_t { said, data, hangup } kind = Kind::said;
  bool by_host = false;      // the host's own: a filler, or the fallback line
  std::string content = {};  // the text, or the JSON; as it was sent
  Moment when = {};
};

class Transcript {
 public:
  void add(Piece::Kind kind, bool by_host, std::string_view content, Moment when);
  [[nodiscard]] std::size_t size() const { return marks_.size(); }
  [[nodiscard]] bool empty() const { return marks_.empty(); }
  [[nodiscard]] std::size_t length() const { return text_.size(); }  // bytes of content
  [[nodiscard]] std::size_t bytes() const { return text_.size() + marks_.size() * sizeof(Mark); }

  // Nothing more comes: gives back what was kept for that, where it is worth it.
  void settle();

  // Calls `each` with the first `count` pieces, one after the other; their content is borrowed.
  template <class Each>
  void visit(std::size_t count, Each each) const {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count && i < marks_.size(); ++i) {
      const Mark& mark = marks_[i];
      each(mark.kind, mark.by_host, std::string_view(text_).substr(begin, mark.end - begin),
           mark.when);
      begin = mark.end;
    }
  }

 private:
  struct Mark {
    Moment when;
    std::uint32_t end;  // in text_: a record has at most a few MiB
    Piece::Kind kind;
    bool by_host;
  };
  std::string text_;
  std::vector<Mark> marks_;
};

}  // namespace patchbay
