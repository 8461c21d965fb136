// SPDX-License-Identifier: MIT
// Protocol §8, cases 15 to 33, at the door of a real host: what is refused, and that it says
// nothing. Every verdict of §3.2 is in tests/unit/signature_test.cc.
#include <doctest/doctest.h>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

int status_of_header(const std::string& header) {
  Webhook webhook;
  webhook.body = message("say hello", fresh_conversation());
  webhook.is_signed = false;
  webhook.headers = {"layercode-signature: " + header};
  return send(probe_host().port(), webhook).status;
}

int status_at(std::time_t at) {
  Webhook webhook;
  webhook.body = message("say hello", fresh_conversation());
  webhook.at = at;
  return send(probe_host().port(), webhook).status;
}

std::string good(const std::string& body) {
  return signature(body, test_secret, std::time(nullptr));
}

TEST_SUITE("signature") {
  TEST_CASE("without a signature no agent is called (case 15)") {
    const std::string conversation = fresh_conversation();
    Webhook webhook;
    webhook.body = message("state put seen yes", conversation);
    webhook.is_signed = false;
    const Answer answer = send(probe_host().port(), webhook);
    CHECK(answer.status == 401);
    CHECK(Json::parse(answer.body)["error"]["code"] == "unauthorized");
    CHECK(tell_probe("state get seen", conversation).spoken() == "nothing");
  }

  TEST_CASE("a wrong MAC is refused (case 16)") {
    Webhook webhook;
    webhook.body = message("say hello");
    webhook.secret = "whsec_other";
    CHECK(send(probe_host().port(), webhook).status == 401);
  }

  TEST_CASE("a signature 301 seconds old is refused, a fresh one is not (case 17)") {
    const std::time_t now = std::time(nullptr);
    CHECK(status_at(now - 302) == 401);
    CHECK(status_at(now - 290) == 200);
  }

  TEST_CASE("a signature from the far future is refused, from the near one it is not (case 18)") {
    const std::time_t now = std::time(nullptr);
    CHECK(status_at(now + 310) == 401);
    CHECK(status_at(now + 290) == 200);
  }

  TEST_CASE("an unset or empty secret is a host that does not start (case 19)") {
    for (const bool is_set : {false, true}) {
      HostProcess::Setup setup = serving(plugin_directory());
      setup.environment.clear();
      if (is_set) setup.environment["LAYERCODE_WEBHOOK_SECRET"] = "";
      HostProcess host(setup);
      CHECK(host.wait() == 1);
      CHECK(host.log().find("LAYERCODE_WEBHOOK_SECRET") != std::string::npos);
      CHECK(host.log().find("--dev") != std::string::npos);
    }
  }

  TEST_CASE("headers that only look signed are refused (cases 20, 23 to 25)") {
    const std::string body = message("say hello");
    const std::string header = good(body);
    const std::string t = header.substr(0, header.find(','));
    const std::string v1 = header.substr(header.find(',') + 1);
    std::string upper = v1;
    for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
    for (const std::string& bad :
         {t + ",v1=" + upper.substr(3), t + "," + t + "," + v1, "t=00" + t.substr(2) + "," + v1,
          "t=+" + t.substr(2) + "," + v1, t + "abc," + v1,
          std::string("t=") + std::string(30, '9') + "," + v1, header + "zz", header + "00",
          std::string("garbage"), std::string("t=,v1=")}) {
      CAPTURE(bad);
      CHECK(status_of_header(bad) == 401);
    }
  }

  TEST_CASE("v1 may stand before t, and one good v1 among others is enough (cases 21, 22)") {
    Webhook webhook;
    webhook.body = message("say hello");
    const std::string header = good(webhook.body);
    const std::string t = header.substr(0, header.find(','));
    const std::string v1 = header.substr(header.find(',') + 1);
    webhook.is_signed = false;
    for (const std::string& fine :
         {v1 + "," + t, t + ",v1=" + std::string(64, '0') + "," + v1,
          t + "," + v1 + ",v1=" + std::string(64, '0'), t + ",v0=abc," + v1}) {
      webhook.headers = {"layercode-signature: " + fine};
      CAPTURE(fine);
      CHECK(send(probe_host().port(), webhook).status == 200);
    }
  }

  TEST_CASE("the raw bytes are what is signed, however they are written (case 26)") {
    for (const char* body :
         {"{\"type\" : \"message\", \"conversation_id\":\"conv_raw\",\"text\":\"say hello\"}",
          R"({"type":"message","conversation_id":"conv_raw","text":"say caf\u00e9","n":27.0})",
          "{\"type\":\"message\",\"conversation_id\":\"conv_raw\",\"text\":\"say x\"}\n"}) {
      Webhook webhook;
      webhook.body = body;
      CAPTURE(body);
      CHECK(send(probe_host().port(), webhook).status == 200);
    }
  }

  TEST_CASE("one changed byte is refused (case 27)") {
    Webhook webhook;
    webhook.body = message("say hello");
    std::string request = webhook.request();
    request.back() = ' ';
    CHECK(send_raw(probe_host().port(), request).status == 401);
  }

  TEST_CASE("a good signature over no JSON is a 400 (cases 28, 29)") {
    for (const std::string& body :
         {std::string("hello"), std::string(),
          std::string("{\"type\":\"message\",\"text\":\"\xFF\"}"), std::string("\xEF\xBB\xBF{}")}) {
      Webhook webhook;
      webhook.body = body;
      const Answer answer = send(probe_host().port(), webhook);
      CHECK(answer.status == 400);
      CHECK(Json::parse(answer.body)["error"]["message"].is_string());
    }
  }

  TEST_CASE("while a secret is rotated, the old one and the new one are good (cases 30, 31)") {
    for (const char* secret : {"\xC3\xA9"
                               "clair-secret",
                               "whsec_old"}) {
      Webhook webhook;
      webhook.path = "/agents/keyed";
      webhook.secret = secret;
      webhook.body = message("say hello");
      CHECK(send(probe_host().port(), webhook).spoken() == "hello");
    }
    Webhook others;
    others.path = "/agents/keyed";
    others.body = message("say hello");
    CHECK(send(probe_host().port(), others).status == 401);
  }

  TEST_CASE("an unsigned bomb of JSON is refused without a look into it (case 32)") {
    Webhook webhook;
    webhook.body = std::string(1 << 20, '[');
    webhook.is_signed = false;
    CHECK(send(probe_host().port(), webhook).status == 401);
  }

  TEST_CASE("no secret and no expected MAC is ever shown; the reason is in the log (case 33)") {
    Webhook webhook;
    webhook.body = message("say hello");
    webhook.secret = "whsec_wrong";
    const Answer answer = send(probe_host().port(), webhook);
    const std::string expected = signature(webhook.body, test_secret, webhook.at).substr(16);
    CHECK(probe_host().logs("code=signature_mismatch"));
    for (const std::string& where : {answer.body, probe_host().log(), probe_host().output()}) {
      CHECK(where.find(test_secret) == std::string::npos);
      CHECK(where.find("clair-secret") == std::string::npos);
      CHECK(where.find(expected) == std::string::npos);
    }
    CHECK(answer.body.find("mismatch") == std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay::test
