// SPDX-License-Identifier: MIT
#include "codec/signature.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace patchbay {
namespace {

const std::string body = R"({"type":"message","turn_id":"turn_1","text":"two coffees"})";
const std::string key = "whsec_test_0123456789";
constexpr std::int64_t now_seconds = 1'700'000'000;
constexpr UnixSeconds now{Seconds{now_seconds}};
const std::string t = "1700000000";

// The MAC of "stamp.text" by OpenSSL's other interface: the stamp need not be a time.
std::string mac_over(const std::string& stamp, const std::string& text = body,
                     const std::string& secret = key) {
  const std::string signed_text = stamp + "." + text;
  std::array<unsigned char, 32> mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(),
       &length);
  std::string hex;
  for (const unsigned char byte : mac) {
    hex += "0123456789abcdef"[byte >> 4U];
    hex += "0123456789abcdef"[byte & 0xFU];
  }
  return hex;
}

std::string header_of(const std::string& stamp, const std::string& mac) {
  return "t=" + stamp + ",v1=" + mac;
}

std::string upper(std::string text, std::size_t from = 0) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] >= 'a' && text[i] <= 'f') text[i] = static_cast<char>(text[i] - 'a' + 'A');
  }
  return text;
}

std::string repeated(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

// "ok", or the code of the Error.
std::string verdict(const std::string& header, const std::vector<Secret>& secrets = {Secret{key}},
                    const std::string& text = body, UnixSeconds at = now) {
  const Problem problem = verify_signature(header, text, SigningKeys(secrets), at);
  return problem ? problem->code : "ok";
}

struct Case {
  std::string name;
  std::string header;
  std::string verdict;
};

const std::string good = mac_over(t);
const std::string bad(64, '0');
const std::string t_good = header_of(t, good);

// The rows of protocol §3.2 with the column "ours", in its order.
std::vector<Case> cases_of_the_protocol() {
  const std::string malformed = "signature_malformed";
  const std::string bad_time = "signature_bad_timestamp";
  const std::string ms = t + "000";
  const std::string digits_30(30, '1');
  const std::string arabic = "\xD9\xA1" + t.substr(1);  // U+0661 is the digit one
  return {
      {"t and a good v1", t_good, "ok"},
      {"hex in upper case", header_of(t, upper(good)), malformed},
      {"hex in mixed case", header_of(t, upper(good, 32)), malformed},
      {"space after the comma", "t=" + t + ", v1=" + good, "ok"},
      {"leading space", " " + t_good, "ok"},
      {"trailing space", t_good + " ", "ok"},
      {"tabs around", "\t" + t_good + "\t", "ok"},
      {"spaces around = of t", "t = " + t + ",v1=" + good, malformed},
      {"space after = of t", "t= " + t + ",v1=" + good, bad_time},
      {"spaces around = of v1", "t=" + t + ",v1 = " + good, malformed},
      {"space after = of v1", "t=" + t + ",v1= " + good, malformed},
      {"reversed", "v1=" + good + ",t=" + t, "ok"},
      {"missing t", "v1=" + good, malformed},
      {"missing v1", "t=" + t, malformed},
      {"empty", "", "signature_missing"},
      {"only spaces", "  \t ", "signature_missing"},
      {"no = at all", "garbage", malformed},
      {"empty values", "t=,v1=", malformed},
      {"empty t", "t=,v1=" + good, bad_time},
      {"empty v1", "t=" + t + ",v1=", malformed},
      {"two v1: bad, good", "t=" + t + ",v1=" + bad + ",v1=" + good, "ok"},
      {"two v1: good, bad", "t=" + t + ",v1=" + good + ",v1=" + bad, "ok"},
      {"two v1: no hex, good", "t=" + t + ",v1=zz,v1=" + good, "ok"},
      {"two v1: bad, bad", "t=" + t + ",v1=" + bad + ",v1=" + bad, "signature_mismatch"},
      {"two t: 1, good", "t=1,t=" + t + ",v1=" + good, "signature_duplicate_timestamp"},
      {"two t: good, good", "t=" + t + "," + t_good, "signature_duplicate_timestamp"},
      {"unknown v0 between", "t=" + t + ",v0=abc,v1=" + good, "ok"},
      {"unknown item before", "kid=7," + t_good, "ok"},
      {"unknown item after", t_good + ",kid=7", "ok"},
      {"item without = after", t_good + ",foo", "ok"},
      {"trailing comma", t_good + ",", "ok"},
      {"junk prefix", "foo " + t_good, malformed},
      {"v1 with hex appended", header_of(t, good + "ab"), malformed},
      {"v1 of 63 digits", header_of(t, good.substr(0, 63)), malformed},
      {"v1 with a suffix that is no hex", header_of(t, good + "zz"), malformed},
      {"leading zeros, literal", header_of("00" + t, mac_over("00" + t)), bad_time},
      {"leading zeros, number", header_of("00" + t, good), bad_time},
      {"plus sign, literal", header_of("+" + t, mac_over("+" + t)), bad_time},
      {"plus sign, number", header_of("+" + t, good), bad_time},
      {"underscore", header_of("1_700000000", mac_over("1_700000000")), bad_time},
      {"non-ASCII digits", header_of(arabic, mac_over(arabic)), malformed},
      {"fraction", header_of(t + ".0", mac_over(t + ".0")), bad_time},
      {"letters after", header_of(t + "abc", mac_over(t + "abc")), bad_time},
      {"milliseconds", header_of(ms, mac_over(ms)), bad_time},
      {"30 digits", header_of(digits_30, mac_over(digits_30)), bad_time},
      {"negative", header_of("-" + t, mac_over("-" + t)), bad_time},
      {"wrong secret", header_of(t, mac_over(t, body, "another")), "signature_mismatch"},
      {"body changed", header_of(t, mac_over(t, body + " ")), "signature_mismatch"},
      {"quoted", "\"" + t_good + "\"", malformed},
      {"sha256= form", "sha256=" + good, malformed},
      {"semicolon", "t=" + t + ";v1=" + good, malformed},
      {"names in upper case", "T=" + t + ",V1=" + good, malformed},
  };
}

// What the table of the protocol does not name.
std::vector<Case> cases_of_ours() {
  const std::string malformed = "signature_malformed";
  const std::string v1_bad = ",v1=" + bad;
  const std::string with_nul = t_good + std::string(1, '\0');
  const std::string nul_in_t = "t=" + t + std::string(1, '\0') + ",v1=" + good;
  const std::size_t room = 1024 - t_good.size() - 1;
  return {
      {"8 v1 items, the last good", "t=" + t + repeated(7, v1_bad) + ",v1=" + good, "ok"},
      {"9 v1 items, the first good", t_good + repeated(8, v1_bad), malformed},
      {"9 v1 items of no form", t_good + repeated(8, ",v1=x"), malformed},
      {"1 KiB", t_good + "," + std::string(room, 'x'), "ok"},
      {"more than 1 KiB", t_good + "," + std::string(room + 1, 'x'), malformed},
      {"spaces beyond 1 KiB", t_good + std::string(2000, ' '), "ok"},
      {"1 MiB of commas", std::string(1 << 20, ','), malformed},
      {"non-ASCII v1", header_of(t, "\xC3\xA9" + good.substr(2)), malformed},
      {"non-ASCII in an unknown item", t_good + ",x=\xC3\xA9", malformed},
      {"NUL after", with_nul, malformed},
      {"NUL after t", nul_in_t, malformed},
      {"line break", "t=" + t + ",\r\n v1=" + good, malformed},
      {"percent-encoded =", "t%3D" + t + ",v1%3D" + good, malformed},
      {"percent-encoded comma", "t=" + t + "%2Cv1=" + good, malformed},
      {"percent-encoded digit", header_of("%31" + t.substr(1), good), "signature_bad_timestamp"},
      {"t is zero", header_of("0", mac_over("0")), "signature_too_old"},
      {"12 digits", header_of("999999999999", mac_over("999999999999")), "signature_in_future"},
      {"only commas", ",,,", malformed},
      {"only =", "=", malformed},
  };
}

struct Vector {
  std::string name;
  std::string secret;
  std::int64_t seconds;
  std::string body;
  std::string mac;
};

// Protocol §9.
std::vector<Vector> vectors() {
  return {
      {"V1", key, 1700000000,
       R"({"type":"message","session_id":"sess_A1","conversation_id":"conv_B2","turn_id":"turn_C3",)"
       R"("text":"What time do you open?"})",
       "9c65506ed0c794b7a35b46609cbbe987fbc4cc10ce920f027e820b3f4cba3cd4"},
      {"V2", key, 1700000001,
       R"({"type":"message","session_id":"sess_A1","conversation_id":"conv_B2","turn_id":"turn_C4",)"
       R"("text":"Café crème ☕ — please"})",
       "ad5c1ee4a708f4eb89c5ac0bc3367b9654d4e9d9bb7293145b2bee03a3c749fb"},
      {"V3", key, 1700000002,
       R"({"type":"session.update","session_id":"sess_A1","conversation_id":"conv_B2",)"
       R"("recording_status":"completed","recording_duration":27.0})"
       "\n",
       "a636cc199ced3ff4c8acb5680542f78c113a2cb88a9721dbeaa8028c365abf7b"},
      {"V4", key, 1700000003, "",
       "2c807922d51882cb67e2c0449332a9472dacce6cc43bb5f7302d7c713886d6d8"},
      {"V5", "éclair-secret", 1700000004, "{}",
       "475b39cd7bb356a68d6ecf4fefdb52798daa9b79bdf28d12c00872c06d844463"},
  };
}

}  // namespace

TEST_SUITE("signature") {
  TEST_CASE("every row of the protocol's table gets our verdict") {
    for (const Case& row : cases_of_the_protocol()) {
      CAPTURE(row.name);
      CAPTURE(row.header);
      CHECK(verdict(row.header) == row.verdict);
    }
  }

  TEST_CASE("headers that the table does not name get our verdict") {
    for (const Case& row : cases_of_ours()) {
      CAPTURE(row.name);
      CHECK(verdict(row.header) == row.verdict);
    }
  }

  TEST_CASE("the vectors of the protocol are accepted and made") {
    for (const Vector& v : vectors()) {
      CAPTURE(v.name);
      const UnixSeconds at{Seconds{v.seconds}};
      const std::string header = header_of(std::to_string(v.seconds), v.mac);
      CHECK(verdict(header, {Secret{v.secret}}, v.body, at) == "ok");
      CHECK(sign(v.body, Secret{v.secret}, at) == header);
    }
  }

  TEST_CASE("a signature 300 seconds old is accepted, 301 seconds old is refused") {
    const auto at = [](std::int64_t skew) { return UnixSeconds{Seconds{now_seconds + skew}}; };
    CHECK(verdict(t_good, {Secret{key}}, body, at(300)) == "ok");
    CHECK(verdict(t_good, {Secret{key}}, body, at(301)) == "signature_too_old");
    CHECK(verdict(t_good, {Secret{key}}, body, at(-300)) == "ok");
    CHECK(verdict(t_good, {Secret{key}}, body, at(-301)) == "signature_in_future");
  }

  TEST_CASE("the window is the caller's to choose") {
    const std::array secrets{Secret{key}};
    const UnixSeconds later{Seconds{now_seconds + 11}};
    CHECK_FALSE(verify_signature(t_good, body, SigningKeys(secrets), later, Seconds{11}));
    CHECK(verify_signature(t_good, body, SigningKeys(secrets), later, Seconds{10}));
  }

  TEST_CASE("the age stands in the message, and a remedy in the hint") {
    const std::array secrets{Secret{key}};
    const Problem old = verify_signature(t_good, body, SigningKeys(secrets),
                                         UnixSeconds{Seconds{now_seconds + 301}});
    REQUIRE(old);
    CHECK(old->message == "t is 301 s old; at most 300 s are accepted");
    CHECK(old->hint.find("clock") != std::string::npos);
  }

  TEST_CASE("every refusal has a message and a hint, and tells no secret and no MAC") {
    std::vector<Case> all = cases_of_the_protocol();
    for (Case& row : cases_of_ours()) all.push_back(std::move(row));
    const std::array secrets{Secret{key}};
    for (const Case& row : all) {
      CAPTURE(row.name);
      const Problem problem = verify_signature(row.header, body, SigningKeys(secrets), now);
      if (!problem) continue;
      CHECK_FALSE(problem->message.empty());
      CHECK_FALSE(problem->hint.empty());
      for (const std::string& kept : {key, good, good.substr(0, 8)}) {
        CHECK(problem->text().find(kept) == std::string::npos);
      }
    }
  }

  TEST_CASE("a body changed by one byte is refused, whichever byte it is") {
    for (std::size_t i = 0; i < body.size(); ++i) {
      std::string changed = body;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      CHECK(verdict(t_good, {Secret{key}}, changed) == "signature_mismatch");
    }
  }

  TEST_CASE("a MAC changed by one digit is refused, whichever digit it is") {
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string changed = good;
      changed[i] = changed[i] == '0' ? '1' : '0';
      CHECK(verdict(header_of(t, changed)) == "signature_mismatch");
    }
  }

  TEST_CASE("a body is signed as it stands, not as it would be written again") {
    for (const std::string raw : {"{\"a\": 27.0}", "{\"a\":1e3}", "{}\n", "\xEF\xBB\xBF{}", "\xFF",
                                  "{\"a\":\"\\u00e9\",\"a\":-0}"}) {
      CAPTURE(raw);
      CHECK(verdict(header_of(t, mac_over(t, raw)), {Secret{key}}, raw) == "ok");
    }
    const std::string with_nul("{\0}", 3);
    CHECK(verdict(header_of(t, mac_over(t, with_nul)), {Secret{key}}, with_nul) == "ok");
  }

  TEST_CASE("a header signed with the previous secret is still accepted") {
    CHECK(verdict(t_good, {Secret{"the next one"}, Secret{key}}) == "ok");
    CHECK(verdict(t_good, {Secret{key}, Secret{"the previous one"}}) == "ok");
    CHECK(verdict(t_good, {Secret{"one"}, Secret{"two"}}) == "signature_mismatch");
  }

  TEST_CASE("without a secret nothing is accepted, not even what the empty secret signed") {
    const std::string signed_with_nothing = header_of(t, mac_over(t, body, ""));
    CHECK(sign(body, Secret{""}, now) == signed_with_nothing);
    CHECK(verdict(signed_with_nothing, {}) == "no_secret");
    CHECK(verdict(signed_with_nothing, {Secret{""}}) == "no_secret");
    CHECK(verdict(signed_with_nothing, {Secret{""}, Secret{""}}) == "no_secret");
    CHECK(verdict(signed_with_nothing, {Secret{""}, Secret{key}}) == "signature_mismatch");
    CHECK(verdict(t_good, {Secret{""}, Secret{key}}) == "ok");
  }

  TEST_CASE("a secret is any bytes of any length") {
    for (const std::string& secret : {std::string("x"), std::string("a\0b", 3),
                                      std::string(5000, 'k'), std::string("\xFF\xFE")}) {
      const std::vector<Secret> secrets{Secret{secret}};
      CHECK(verdict(header_of(t, mac_over(t, body, secret)), secrets) == "ok");
      CHECK(verdict(sign(body, secrets[0], now), secrets) == "ok");
    }
    CHECK(verdict(header_of(t, mac_over(t, body, "a")), {Secret{std::string("a\0b", 3)}}) ==
          "signature_mismatch");
  }

  TEST_CASE("a secret that was moved from is empty, short or long") {
    for (const std::string& bytes : {std::string("short"), std::string(200, 'l')}) {
      Secret first{bytes};
      Secret second{std::move(first)};
      CHECK(first.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
      CHECK(second.bytes() == bytes);
      first = std::move(second);
      CHECK(second.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
      CHECK(first.bytes() == bytes);
      second = first;
      CHECK(second.bytes() == first.bytes());
      const Secret& same = second;
      second = same;
      CHECK(second.bytes() == bytes);
    }
    static_assert(std::is_nothrow_move_constructible_v<Secret>);
  }

  TEST_CASE("a wiped short secret leaves none of its bytes behind") {
    Secret first{"short"};
    const char* place = first.bytes().data();
    const Secret second{std::move(first)};
    CHECK(std::string(place, 5) == std::string(5, '\0'));
    CHECK(second.bytes() == "short");
  }
}

}  // namespace patchbay
