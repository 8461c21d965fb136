// SPDX-License-Identifier: MIT
#include "codec/http_request.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {
namespace {

using State = HttpRequestReader::State;
using Json = nlohmann::ordered_json;

const HttpLimits defaults;

const std::string webhook =
    "POST /api/agent HTTP/1.1\r\nHost: voice.example\r\nContent-Type: application/json\r\n"
    "Layercode-Signature: t=1756339200,v1="
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n"
    "Accept: */*\r\nUser-Agent: pipeline/1.0\r\nContent-Length: 91\r\n\r\n"
    "{\"type\":\"message\",\"session_id\":\"s1\",\"conversation_id\":\"c1\","
    "\"turn_id\":\"t1\",\"text\":\"hello!!\"}";

// What one connection heard: the requests, and how it ended.
struct Heard {
  std::vector<HttpRequest> requests;
  State end = State::idle;
  std::string code;
  int status = 0;
  std::size_t eaten = 0;
};

void hear(HttpRequestReader& reader, std::string_view piece, Heard& heard) {
  while (!piece.empty() && reader.state() != State::refused) {
    const std::size_t eaten = reader.feed(piece);
    heard.eaten += eaten;
    piece.remove_prefix(eaten);
    if (reader.state() == State::complete) heard.requests.push_back(reader.take());
  }
}

// Cut before each of the bytes in `cuts`, which are in order.
Heard hear(std::string_view bytes, const std::vector<std::size_t>& cuts,
           const HttpLimits& limits = defaults) {
  HttpRequestReader reader(limits);
  Heard heard;
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    hear(reader, bytes.substr(from, cut - from), heard);
    from = cut;
  }
  hear(reader, bytes.substr(from), heard);
  heard.end = reader.state();
  if (heard.end == State::refused) {
    heard.code = reader.refusal().code;
    heard.status = reader.refusal().status;
  }
  return heard;
}

bool same(const Heard& a, const Heard& b) {
  const auto equal = [](const HttpRequest& x, const HttpRequest& y) {
    return x.method == y.method && x.path == y.path && x.query == y.query && x.minor == y.minor &&
           x.keep_alive == y.keep_alive && x.headers == y.headers && x.body == y.body;
  };
  return a.end == b.end && a.code == b.code && a.eaten == b.eaten &&
         std::equal(a.requests.begin(), a.requests.end(), b.requests.begin(), b.requests.end(),
                    equal);
}

// A character of cases.json is one byte; JSON holds those above 0x7f as two bytes of UTF-8.
std::string bytes_of(const Json& text) {
  std::string bytes;
  if (text.is_array()) {
    for (const Json& part : text) bytes += bytes_of(part);
  } else if (text.is_object()) {
    const std::string part = bytes_of(text["repeat"]);
    const auto times = text["times"].get<std::size_t>();
    if (part.size() == 1) return std::string(times, part[0]);
    for (std::size_t i = 0; i < times; ++i) bytes += part;
  } else {
    const auto& utf8 = text.get_ref<const std::string&>();
    for (std::size_t i = 0; i < utf8.size(); ++i) {
      const unsigned c = static_cast<unsigned char>(utf8[i]);
      if (c >= 0x80) {
        const unsigned next = static_cast<unsigned char>(utf8[++i]);
        bytes += static_cast<char>(((c << 6U) | (next & 0x3fU)) & 0xffU);
      } else {
        bytes += utf8[i];
      }
    }
  }
  return bytes;
}

Json cases_file() {
  std::ifstream file(PATCHBAY_SOURCE_DIR "/tests/http/cases.json");
  return Json::parse(file);
}

std::vector<Json> all_cases() {
  std::vector<Json> cases;
  const Json file = cases_file();
  for (const Json& group : file["groups"]) {
    cases.insert(cases.end(), group["cases"].begin(), group["cases"].end());
  }
  return cases;
}

std::string all_of(std::string_view path) {
  std::ifstream file(std::string(PATCHBAY_SOURCE_DIR "/").append(path));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void check_headers(const HttpRequest& request, const Json& expected) {
  for (const Json& pair : expected) {
    const std::string name = bytes_of(pair[0]);
    std::vector<std::string> wanted;
    std::vector<std::string> found;
    for (const Json& other : expected) {
      if (bytes_of(other[0]) == name) wanted.push_back(bytes_of(other[1]));
    }
    for (const auto& [key, value] : request.headers) {
      if (key == name) found.push_back(value);
    }
    CHECK(found == wanted);
  }
}

void check_request(const HttpRequest& request, const Json& expected) {
  CHECK(request.method == bytes_of(expected["method"]));
  CHECK(request.path == bytes_of(expected["path"]));
  CHECK(request.query == bytes_of(expected.value("query", Json(""))));
  CHECK((request.body == bytes_of(expected.value("body", Json("")))));
  if (expected.contains("keep_alive")) CHECK(request.keep_alive == expected["keep_alive"]);
  if (expected.contains("headers")) check_headers(request, expected["headers"]);
}

void check_case(const Heard& heard, const Json& expected) {
  const Json accepted = expected.value("accept", Json::array());
  REQUIRE(heard.requests.size() == accepted.size());
  for (std::size_t i = 0; i < accepted.size(); ++i) check_request(heard.requests[i], accepted[i]);
  CHECK((heard.end == State::refused) == expected.contains("refuse"));
  if (expected.contains("refuse")) {
    CHECK(heard.code == expected["refuse"]["code"].get<std::string>());
    CHECK(heard.status == expected["refuse"]["status"].get<int>());
  } else {
    CHECK((heard.end == State::idle) != expected.contains("waits"));
  }
}

TEST_SUITE("http_request") {
  TEST_CASE("every case of cases.json gets the verdict that is written there") {
    const std::vector<Json> cases = all_cases();
    CHECK(cases.size() >= 80);
    for (const Json& each : cases) {
      CAPTURE(each["name"].get<std::string>());
      check_case(hear(bytes_of(each["send"]), {}), each);
    }
  }

  TEST_CASE("a verdict is the same wherever the bytes are cut in two") {
    for (const Json& each : all_cases()) {
      CAPTURE(each["name"].get<std::string>());
      const std::string bytes = bytes_of(each["send"]);
      const Heard whole = hear(bytes, {});
      // What is longer is a run of equal bytes, where each cut is like its neighbours.
      const std::size_t end = std::min(bytes.size(), whole.eaten + 4);
      const std::size_t stride = end < 2048 ? 1 : end / 17;
      const std::size_t step = end < 1'000'000 ? 1 : 7;
      for (std::size_t cut = 1; cut < end; cut += cut < 128 || end - cut < 16 ? step : stride) {
        CAPTURE(cut);
        if (!same(hear(bytes, {cut}), whole)) FAIL_CHECK("another verdict");
      }
    }
  }

  TEST_CASE("a verdict is the same byte by byte") {
    for (const Json& each : all_cases()) {
      CAPTURE(each["name"].get<std::string>());
      const std::string bytes = bytes_of(each["send"]);
      std::vector<std::size_t> cuts;
      for (std::size_t i = 1; i < bytes.size(); i += i < 32'768 ? 1 : 61) cuts.push_back(i);
      CHECK(same(hear(bytes, cuts), hear(bytes, {})));
    }
  }

  TEST_CASE("every refusal has a case, and its status and code stand in the policy") {
    const std::string policy = all_of("docs/http-policy.md");
    const std::vector<Json> cases = all_cases();
    for (const HttpRefusal& refusal : http_refusals()) {
      CAPTURE(refusal.code);
      const bool tried = std::any_of(cases.begin(), cases.end(), [&](const Json& each) {
        return each.contains("refuse") && each["refuse"]["code"] == refusal.code;
      });
      CHECK(tried);
      const std::string row = "| " + std::to_string(refusal.status) + " `" + refusal.code + "` |";
      CHECK(policy.find(row) != std::string::npos);
    }
  }

  TEST_CASE("what is left behind a request is the next one") {
    HttpRequestReader reader(defaults);
    const std::string two = webhook + webhook;
    CHECK(reader.feed(two) == webhook.size());
    CHECK(reader.state() == State::complete);
    CHECK(reader.feed(two) == 0);
    CHECK(reader.take().header("host") == "voice.example");
    CHECK(reader.state() == State::idle);
    CHECK(reader.feed(std::string_view(two).substr(webhook.size())) == webhook.size());
    CHECK(reader.take().body.size() == 91);
  }

  TEST_CASE("a refusal is final, and names what a person can do") {
    HttpRequestReader reader(defaults);
    const std::string bad = "GET / HTTP/1.1\nHost: a\n\n";
    CHECK(reader.feed(bad) == bad.find('\n') + 1);
    CHECK(reader.state() == State::refused);
    CHECK(reader.feed(webhook) == 0);
    CHECK(reader.refusal().code == "bare_line_feed");
    CHECK(reader.refusal().message == "A line ends with LF alone; HTTP lines end with CR LF.");
  }

  TEST_CASE("a client that waits for 100 Continue is known until its body begins") {
    HttpRequestReader reader(defaults);
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    reader.feed(std::string_view(head).substr(0, head.size() - 1));
    CHECK_FALSE(reader.wants_continue());
    reader.feed("\n");
    CHECK(reader.wants_continue());
    reader.feed("{");
    CHECK_FALSE(reader.wants_continue());
    reader.feed("}");
    CHECK(reader.state() == State::complete);
    reader.take();
    reader.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    CHECK_FALSE(reader.wants_continue());
  }

  TEST_CASE("a request that has begun is no longer idle, an empty line before it still is") {
    HttpRequestReader reader(defaults);
    CHECK(reader.state() == State::idle);
    reader.feed("\r\n");
    CHECK(reader.state() == State::idle);
    reader.feed("G");
    CHECK(reader.state() == State::head);
  }

  TEST_CASE("a body may fill the limit, and an idle reader is small") {
    HttpRequestReader reader(defaults);
    reader.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n{");
    CHECK(reader.state() == State::body);
    std::string rest(8388607, ' ');
    CHECK(reader.feed(rest) == rest.size());
    CHECK(reader.take().body.size() == 8388608);
    // The reader itself is all that an idle connection keeps.
    CHECK(sizeof(HttpRequestReader) < 300);
  }

  TEST_CASE("a body that outgrows its room waits for more, wherever its bytes are cut") {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
    struct Case {
      std::string bytes;
      std::string rooms;  // what it asked for, in order
    };
    for (const Case& sent : {
             Case{head + "Content-Length: 8\r\n\r\n12345678", ""},
             Case{head + "Content-Length: 9\r\n\r\n123456789", "8 9 "},
             Case{head + "Content-Length: 40\r\n\r\n" + std::string(40, 'x'), "8 16 32 40 "},
             Case{head + "Transfer-Encoding: chunked\r\n\r\n7\r\n1234567\r\n0\r\n\r\n", ""},
             Case{head + "Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\n", "16 "},
             Case{head + "Transfer-Encoding: chunked\r\n\r\n1e\r\n" + std::string(30, 'x') +
                      "\r\n0\r\n\r\n",
                  "16 32 "},
             Case{head + "Transfer-Encoding: chunked\r\n\r\n28\r\n" + std::string(40, 'x') +
                      "\r\n0\r\n\r\n",
                  "16 32 40 "},
             Case{head + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", "8 "},
         }) {
      HttpLimits limits;
      limits.body = 40;
      for (std::size_t piece = 1; piece <= sent.bytes.size(); ++piece) {
        HttpRequestReader reader(limits, 8);
        std::string rooms;
        for (std::size_t at = 0; at < sent.bytes.size(); at += piece) {
          std::string_view bytes = std::string_view(sent.bytes).substr(at, piece);
          bytes.remove_prefix(reader.feed(bytes));
          while (reader.wants_room()) {
            REQUIRE(reader.state() == State::body);
            REQUIRE(reader.feed(bytes) == 0);
            rooms += std::to_string(reader.next_room()) + ' ';
            reader.give_room();
            bytes.remove_prefix(reader.feed(bytes));
          }
          REQUIRE(bytes.empty());
        }
        CAPTURE(sent.bytes);
        CAPTURE(piece);
        REQUIRE(rooms == sent.rooms);
        REQUIRE(reader.state() == State::complete);
        reader.take();
        CHECK_FALSE(reader.wants_room());
      }
    }
  }

  TEST_CASE("a body has the memory that it was given, and none once it is forgotten or refused") {
    HttpLimits limits;
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const bool refused : {false, true}) {
      HttpRequestReader reader(limits, 1000);
      std::string bytes = head + "fa0\r\n" + std::string(4000, 'x') + (refused ? "junk" : "");
      for (std::string_view rest = bytes; !rest.empty() && reader.state() != State::refused;) {
        rest.remove_prefix(reader.feed(rest));
        if (reader.wants_room()) {
          const std::size_t room = reader.next_room();
          reader.give_room();
          CHECK(reader.request().body.capacity() == room);
        }
      }
      if (!refused) reader.forget();
      CHECK(reader.request().body.capacity() < 100);
    }
  }

  TEST_CASE("smaller limits are kept to the byte") {
    HttpLimits small;
    small.head = 48;
    small.header_lines = 2;
    small.target = 4;
    small.body = 3;
    const auto verdict = [&](std::string_view bytes) { return hear(bytes, {}, small).code; };
    CHECK(verdict("GET /abc HTTP/1.1\r\nHost: a\r\n\r\n").empty());
    CHECK(verdict("GET /abcd HTTP/1.1\r\nHost: a\r\n\r\n") == "target_too_long");
    CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\n\r\n") == "too_many_headers");
    CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nA: 3456789012345678\r\n\r\n") == "");
    CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nA: 34567890123456789\r\n\r\n") == "head_too_large");
    CHECK(verdict("PUT / HTTP/1.1\r\nHost:a\r\nContent-Length:3\r\n\r\n123").empty());
    CHECK(verdict("PUT / HTTP/1.1\r\nHost:a\r\nContent-Length:4\r\n\r\n1234") == "body_too_large");
  }

  TEST_CASE("reading a webhook is cheap" * doctest::skip()) {
    HttpRequestReader reader(defaults);
    constexpr int rounds = 1'000'000;
    std::size_t bytes = 0;
    const std::clock_t begin = std::clock();  // of the CPU: neighbours must not count
    for (int i = 0; i < rounds; ++i) {
      reader.feed(webhook);
      bytes += reader.take().body.size();
    }
    const double spent = 1e9 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    MESSAGE(webhook.size(), " bytes: ", spent / rounds, " ns of CPU");
    CHECK(bytes == 91U * rounds);
  }
}

}  // namespace
}  // namespace patchbay
