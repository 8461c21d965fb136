// SPDX-License-Identifier: MIT
#include "codec/manifest.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

// A good manifest with one member more.
std::string with(const std::string& member) {
  return R"({"id":"com.acme.booking","name":"Booking","version":"1.4.2",)" + member + "}";
}

std::string complaint(const std::string& json) {
  const auto manifest = decode_manifest(json);
  if (manifest) return "decodes";
  CHECK(manifest.error().code == "manifest_invalid");
  return manifest.error().message;
}

TEST_SUITE("manifest") {
  TEST_CASE("the manifest of the documentation decodes whole") {
    const auto manifest = decode_manifest(R"({
      "id":"com.acme.booking","name":"Booking","vendor":"Acme","version":"1.4.2",
      "license":"proprietary","abi":{"major":1,"min_minor":2},
      "agents":[{"id":"default","name":"Booking clerk","events":["message"]},{"id":"night"}],
      "uses":["vap.state/1","vap.http/1"],
      "config_schema":{"type":"object","required":["calendar_url"]},
      "threads":"own","unload":"no","reload":{"handover":false}})");
    REQUIRE(manifest);
    CHECK(manifest->id == "com.acme.booking");
    CHECK(manifest->name == "Booking");
    CHECK(manifest->vendor == "Acme");
    CHECK(manifest->version == "1.4.2");
    CHECK(manifest->min_minor == 2);
    REQUIRE(manifest->agents.size() == 2);
    CHECK(manifest->agents[0].name == "Booking clerk");
    CHECK(manifest->agents[1].name == "night");
    CHECK(manifest->uses == std::vector<std::string>{"vap.state/1", "vap.http/1"});
    CHECK(manifest->config_schema == R"({"required":["calendar_url"],"type":"object"})");
    CHECK_FALSE(manifest->unload);
  }

  TEST_CASE("a manifest of three lines has one agent, named as the plugin is") {
    const auto manifest = decode_manifest(R"({"id":"a.b","name":"Echo","version":"1"})");
    REQUIRE(manifest);
    REQUIRE(manifest->agents.size() == 1);
    CHECK(manifest->agents[0].id == "default");
    CHECK(manifest->agents[0].name == "Echo");
    CHECK(manifest->unload);
    CHECK(manifest->min_minor == 0);
    CHECK(manifest->config_schema.empty());
    CHECK(decode_manifest(with(R"("agents":[])"))->agents.size() == 1);
  }

  TEST_CASE("a missing member is named") {
    CHECK(complaint("{}") == "manifest: 'id' is missing or empty");
    CHECK(complaint(R"({"id":"a"})") == "manifest: 'name' is missing or empty");
    CHECK(complaint(R"({"id":"a","name":"b"})") == "manifest: 'version' is missing or empty");
    CHECK(complaint(R"({"id":"a","name":"","version":"1"})").find("'name'") != std::string::npos);
    CHECK(complaint(with(R"("agents":[{}])")) == "manifest: 'agents[0].id' is missing or empty");
  }

  TEST_CASE("a member of the wrong type is named") {
    CHECK(complaint(R"({"id":7})").find("'id' must be") != std::string::npos);
    CHECK(complaint(with(R"("vendor":[])")).find("'vendor' must be") != std::string::npos);
    CHECK(complaint(with(R"("abi":3)")).find("abi must be") != std::string::npos);
    CHECK(complaint(with(R"("abi":{"min_minor":-1})")).find("'abi.min_minor'") !=
          std::string::npos);
    CHECK(complaint(with(R"("abi":{"min_minor":4294967296})")) != "decodes");
    CHECK(complaint(with(R"("agents":{})")).find("'agents'") != std::string::npos);
    CHECK(complaint(with(R"("agents":["x"])")).find("agents[0]") != std::string::npos);
    CHECK(complaint(with(R"("uses":[1])")).find("'uses'") != std::string::npos);
    CHECK(complaint(with(R"("unload":"maybe")")).find("'unload'") != std::string::npos);
    CHECK(complaint(with(R"("config_schema":"{}")")).find("'config_schema'") != std::string::npos);
    CHECK(complaint("[]") != "decodes");
  }

  TEST_CASE("an unknown member is left out, and null is as good as absent") {
    CHECK(complaint(with(R"("shape":"round")")) == "decodes");
    CHECK(complaint(with(R"("vendor":null)")) == "decodes");
  }

  TEST_CASE("texts that would spoil a path or a log line are refused") {
    CHECK(complaint(R"({"id":"../x","name":"b","version":"1"})") != "decodes");
    CHECK(complaint(R"({"id":"a b","name":"b","version":"1"})") != "decodes");
    CHECK(complaint(R"({"id":"a","name":"two\nlines","version":"1"})") != "decodes");
    CHECK(complaint(R"({"id":"a","name":"b","version":"1 or 2"})") != "decodes");
    CHECK(complaint(R"({"id":"a","name":")" + std::string(257, 'x') + R"(","version":"1"})") !=
          "decodes");
  }

  TEST_CASE("two agents of one id are refused") {
    CHECK(complaint(with(R"("agents":[{"id":"x"},{"id":"x"}])")).find("'x'") != std::string::npos);
  }

  TEST_CASE("text that is no JSON, too deep or too long is refused") {
    CHECK(complaint("") != "decodes");
    CHECK(complaint("{") != "decodes");
    CHECK(complaint(with("\"x\":" + std::string(100, '[') + std::string(100, ']'))) != "decodes");
    CHECK(complaint(with("\"x\":\"" + std::string(70'000, ' ') + "\"")).find("64 KiB") !=
          std::string::npos);
  }

  TEST_CASE("a schema that cannot be used is found with the plugin, not with its first agent") {
    const auto manifest = decode_manifest(with(R"("config_schema":{"$ref":"#"})"));
    REQUIRE_FALSE(manifest);
    CHECK(manifest.error().code == "schema_invalid");
  }

  TEST_CASE("the configuration of an agent is checked against the plugin's schema") {
    const auto manifest =
        decode_manifest(with(R"("config_schema":{"properties":{"port":{"type":"integer"}}})"));
    REQUIRE(manifest);
    CHECK_FALSE(check_agent_config(*manifest, R"({"port":1})"));
    const auto why = check_agent_config(*manifest, R"({"port":"x"})");
    REQUIRE(why);
    CHECK(why->code == "agent_config_invalid");
    CHECK(why->message.starts_with("port: "));
  }

  TEST_CASE("without a schema any object will do, and nothing but an object") {
    CHECK_FALSE(check_agent_config({}, R"( {"anything":[1]})"));
    CHECK(check_agent_config({}, "[]"));
    CHECK(check_agent_config({}, ""));
    CHECK(check_agent_config({}, "{"));
  }
}

}  // namespace
}  // namespace patchbay
