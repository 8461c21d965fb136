// SPDX-License-Identifier: MIT
#include "codec/probe_letters.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

TEST_SUITE("probe_letters") {
  TEST_CASE("an order arrives as it was sent, whatever bytes are in it") {
    ProbeOrder sent;
    sent.file = "odd:\n\xff 7:name.so";
    sent.unload = false;
    sent.too_slow = Milliseconds{500};
    sent.agents = {{"default", "/agents/a", "{}"}, {"", "", std::string("\0\"9:", 4)}};
    const Result<ProbeOrder> read = decode_order(encode_order(sent));
    REQUIRE(read);
    CHECK(read->file == sent.file);
    CHECK_FALSE(read->unload);
    CHECK(read->too_slow == Milliseconds{500});
    REQUIRE(read->agents.size() == 2);
    CHECK(read->agents[0].route == "/agents/a");
    CHECK(read->agents[1].config_json == sent.agents[1].config_json);
  }

  TEST_CASE("an answer arrives as it was sent, with and without an error") {
    ProbeAnswer sent;
    sent.constructors = Milliseconds{61};
    sent.unmapped = false;
    Result<ProbeAnswer> read = decode_answer(encode_answer(sent));
    REQUIRE(read);
    CHECK_FALSE(read->wrong);
    CHECK(read->constructors == Milliseconds{61});
    CHECK(read->whole);
    CHECK_FALSE(read->unmapped);
    sent.wrong = Error{"create_failed", "no calendar", ""};
    read = decode_answer(encode_answer(sent));
    REQUIRE(read);
    REQUIRE(read->wrong);
    CHECK(read->wrong->code == "create_failed");
    CHECK(read->wrong->message == "no calendar");
    CHECK(read->wrong->hint.empty());
  }

  TEST_CASE("a letter that was cut or made up is an error") {
    const std::string order = encode_order({"x.so", true, Milliseconds{1}, {{"a", "b", "c"}}});
    for (std::size_t size = 0; size < order.size(); ++size) {
      CAPTURE(size);
      const Result<ProbeOrder> read = decode_order(std::string_view(order).substr(0, size));
      // Between two agents a cut cannot be seen.
      CHECK((!read || read->agents.empty()));
    }
    for (const char* made_up :
         {"", ":", "1", "1:", "-1:x", "99999999999999999999:x", "3:abc1:x1:0", "1:01:11:1junk"}) {
      CAPTURE(made_up);
      CHECK_FALSE(decode_order(made_up));
      CHECK_FALSE(decode_answer(made_up));
    }
  }
}

}  // namespace
}  // namespace patchbay
