// SPDX-License-Identifier: MIT
#include "state/transcript.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace patchbay {
namespace {

// As many as asked for, as "said:hello", with a star where the host said it.
std::vector<std::string> first_of(const Transcript& transcript, std::size_t count) {
  std::vector<std::string> all;
  transcript.visit(count, [&](Piece::Kind kind, bool by_host, std::string_view content, Moment) {
    constexpr std::string_view kinds[] = {"said", "data", "hangup"};
    all.push_back(std::string(kinds[static_cast<std::size_t>(kind)]) + (by_host ? "*:" : ":") +
                  std::string(content));
  });
  return all;
}

TEST_SUITE("transcript") {
  TEST_CASE("pieces come back as they went in, each with its own content") {
    Transcript transcript;
    CHECK(transcript.empty());
    const Moment start{Seconds{1}};
    transcript.add(Piece::Kind::said, false, "Good ", start);
    transcript.add(Piece::Kind::data, false, R"({"a":1})", start);
    transcript.add(Piece::Kind::said, true, "One moment.", start + Seconds{1});
    transcript.add(Piece::Kind::hangup, false, "", start + Seconds{2});
    CHECK(
        first_of(transcript, transcript.size()) ==
        std::vector<std::string>{"said:Good ", R"(data:{"a":1})", "said*:One moment.", "hangup:"});
    CHECK(first_of(transcript, 1) == std::vector<std::string>{"said:Good "});
    CHECK(first_of(transcript, 9).size() == 4);
    std::vector<Moment> when;
    transcript.visit(4,
                     [&](Piece::Kind, bool, std::string_view, Moment at) { when.push_back(at); });
    CHECK(when == std::vector<Moment>{start, start, start + Seconds{1}, start + Seconds{2}});
  }

  TEST_CASE("a settled one is what it was") {
    Transcript transcript;
    for (int i = 0; i < 300; ++i)
      transcript.add(Piece::Kind::said, false, std::to_string(i), Moment{});
    const auto before = first_of(transcript, 300);
    transcript.settle();
    CHECK(first_of(transcript, 300) == before);
    CHECK(transcript.bytes() < 300 * 24);
  }
}

}  // namespace
}  // namespace patchbay
