// SPDX-License-Identifier: MIT
//
// Is all of vap.h in the golden layout? The layout itself is checked by compiling it: what it does
// not mention, it would not miss.
#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Names = std::set<std::string>;

std::string contents(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  REQUIRE_MESSAGE(!text.str().empty(), file);
  return text.str();
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// The names that `declaration`, one member of a struct, declares.
std::vector<std::string> declared(const std::string& declaration) {
  static const std::regex function(R"(\(\s*(?:VAP_CALL\s*)?\*\s*(\w+)\s*\))");
  static const std::regex last_word(R"((\w+)\s*(?:\[[^\]]*\])?\s*$)");
  std::smatch found;
  if (std::regex_search(declaration, found, function)) return {found[1]};
  std::vector<std::string> names;
  for (const std::string& part : split(declaration, ','))
    if (std::regex_search(part, found, last_word)) names.push_back(found[1]);
  return names;
}

// What a header promises, in the layout's words: "vap_turn_t.event", "VAP_OK", "VAP_EXT_TASK=...".
Names promised(std::string header) {
  header = std::regex_replace(header, std::regex(R"(/\*[^]*?\*/)"), " ");
  header = std::regex_replace(header, std::regex(R"(\\\n)"), " ");
  Names names;
  for (const auto& m : matches(header, std::regex("\n#\\s*define (VAP_\\w+) +(\"[^\"]*\")")))
    names.insert(m[1].str() + "=" + m[2].str());
  header = std::regex_replace(header, std::regex("\n *#[^\n]*"), "\n");

  for (const auto& m : matches(header, std::regex(R"(enum\s+\w+\s*\{([^}]*)\})")))
    for (const std::string& value : split(m[1], ','))
      for (const auto& name : matches(value, std::regex(R"(^\s*(\w+))"))) names.insert(name[1]);
  for (const auto& m : matches(header, std::regex(R"(struct\s+(\w+)\s*\{([^}]*)\})"))) {
    names.insert(m[1].str() + "_t");
    for (const std::string& declaration : split(m[2], ';'))
      for (const std::string& name : declared(declaration)) names.insert(m[1].str() + "_t." + name);
  }
  for (const auto& m : matches(header, std::regex(R"(typedef\s+\w+\s+(\w+_t)\s*;)")))
    names.insert(m[1]);
  for (const auto& m : matches(header, std::regex(R"(VAP_EXPORT[^;]*?(\w+)\(void\))")))
    names.insert(m[1]);
  return names;
}

// What a golden file checks, in the same words.
Names checked(const std::string& golden) {
  Names names;
  const std::regex line("\n(\\w+)\\((\\w+)(?:,\\s*(\\w+|\"[^\"]*\"))?");
  for (const auto& m : matches(golden, line)) {
    const std::string word = m[1];
    names.insert(word == "MEMBER" ? m[2].str() + "." + m[3].str()
                 : word == "TEXT" ? m[2].str() + "=" + m[3].str()
                                  : m[2].str());
  }
  return names;
}

Names missing(const Names& wanted, const Names& there) {
  Names rest;
  for (const std::string& name : wanted)
    if (there.count(name) == 0) rest.insert(name);
  return rest;
}

std::string list(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += "\n  " + name;
  return text;
}

TEST_SUITE("layout") {
  TEST_CASE("every member, value and id of vap.h is in the golden layout") {
    Names golden;
    for (const std::string& file : split(GOLDEN_FILES, ':')) golden.merge(checked(contents(file)));
    for (const std::string header : {LIVING_H, FROZEN_H}) {
      const Names wanted = promised(contents(header));
      const Names rest = missing(wanted, golden);
      CHECK_MESSAGE(rest.empty(), header, " promises what no golden file checks:", list(rest));
      CHECK(wanted.size() > 100);  // the reader of headers did read
    }
  }

  TEST_CASE("the same of vap_http.h") {
    const Names golden = checked(contents(GOLDEN_HTTP_FILE));
    for (const std::string header : {LIVING_HTTP_H, FROZEN_HTTP_H}) {
      const Names wanted = promised(contents(header));
      const Names rest = missing(wanted, golden);
      CHECK_MESSAGE(rest.empty(), header, " promises what no golden file checks:", list(rest));
      CHECK(wanted.size() > 40);
    }
  }

  TEST_CASE("the same of vap_tool.h") {
    const Names golden = checked(contents(GOLDEN_TOOL_FILE));
    for (const std::string header : {LIVING_TOOL_H, FROZEN_TOOL_H}) {
      const Names wanted = promised(contents(header));
      const Names rest = missing(wanted, golden);
      CHECK_MESSAGE(rest.empty(), header, " promises what no golden file checks:", list(rest));
      CHECK(wanted.size() > 40);
    }
  }

  TEST_CASE("whatever a header adds is seen") {
    const Names names = promised(R"(
#define VAP_EXT_FLOW "vap.flow/1"   /* struct not { int a; }; */
#define VAP_MAKE(x) \
    struct hidden { int b; }
enum vap_mood { VAP_GLAD = 1, VAP_SAD };
typedef uint32_t vap_mood_t;
typedef struct vap_flow {
    uint32_t low, high;             /* marks */
    char     name[8];
    const vap_str_t *(VAP_CALL *next)(const vap_host_t *, void (VAP_CALL *put)(void *ctx));
} vap_flow_t;
VAP_EXPORT const vap_plugin_t *VAP_CALL vap_plugin_v2(void) VAP_NOEXCEPT;
)");
    CHECK(names == Names{"VAP_EXT_FLOW=\"vap.flow/1\"", "VAP_GLAD", "VAP_SAD", "vap_mood_t",
                         "vap_flow_t", "vap_flow_t.low", "vap_flow_t.high", "vap_flow_t.name",
                         "vap_flow_t.next", "vap_plugin_v2"});
  }
}

}  // namespace
