// SPDX-License-Identifier: MIT
#include "cli/standing_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "codec/cells.h"
#include "ground/text.h"

namespace patchbay {
namespace {

constexpr std::size_t short_digest = 12;  // letters: enough to tell builds apart
constexpr std::size_t most_reasons = 5;   // of one generation: more nobody reads

constexpr std::string_view plain, dim = "\x1b[2m", bold = "\x1b[1m", red = "\x1b[31m",
                                  green = "\x1b[32m", yellow = "\x1b[33m", cyan = "\x1b[36m";

enum Column { agent, state, version, digest, age, leases, turns, failures, columns };
using Cells = std::array<std::string, columns>;

constexpr std::array<bool, columns> to_the_right{false, false, false, false,
                                                 true,  true,  true,  true};

struct Row {
  Cells cells;
  std::string_view tone;           // of its state
  bool alarming = false;           // turns failed
  std::vector<std::string> below;  // lines of their own under it
  std::string_view tone_below;
};

std::size_t width_of(std::string_view text) {
  int width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = glyph_at(text, at);
    width += glyph.cells;
    at += glyph.bytes;
  }
  return static_cast<std::size_t>(width);
}

// The beginning that fits, with "…" where there is more.
std::string cut(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = glyph_at(text, at);
    if (width_of(out) + static_cast<std::size_t>(glyph.cells) >= width) break;
    out += text.substr(at, glyph.bytes);
    at += glyph.bytes;
  }
  return out + "…";
}

// Words in lines of that width; a word that is wider is cut.
std::vector<std::string> folded(std::string_view text, std::size_t width) {
  std::vector<std::string> lines{""};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string word = cut(text.substr(0, end), width);
    if (!lines.back().empty() && width_of(lines.back()) + 1 + width_of(word) > width) {
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view tone_of(std::string_view state) {
  if (state == "current") return green;
  if (state == "probation" || state == "mapped") return yellow;
  if (state == "draining") return cyan;
  return state == "standby" ? dim : plain;
}

Row row_of(std::string name, const GenerationStanding& generation) {
  Row row;
  row.cells = {std::move(name),
               printable(generation.state),
               printable(generation.version),
               generation.digest.substr(0, short_digest),
               short_time(generation.age),
               std::to_string(generation.leases),
               std::to_string(generation.turns),
               std::to_string(generation.failures)};
  row.tone = tone_of(generation.state);
  row.alarming = generation.failures > 0;
  row.tone_below = dim;
  const std::string_view what = generation.state == "mapped" ? "stays in memory: " : "waits for ";
  for (const std::string& reason : generation.waiting_for) {
    if (row.below.size() == most_reasons) {
      row.below.push_back(fmt::format("and {} more", generation.waiting_for.size() - most_reasons));
      break;
    }
    row.below.push_back(std::string(what) + printable(reason));
  }
  return row;
}

// A line below the last row, which there is.
void remark(std::vector<Row>& rows, std::string_view tone, std::string text) {
  if (!rows.back().below.empty() && rows.back().tone_below != tone) rows.emplace_back();
  rows.back().tone_below = tone;
  rows.back().below.push_back(std::move(text));
}

void add_remarks(std::vector<Row>& rows, const PluginStanding& plugin) {
  if (!plugin.doing.empty()) remark(rows, cyan, printable(plugin.doing));
  if (!plugin.refused) return;
  const Refusal& refused = *plugin.refused;
  const std::string which = version_and_digest(refused.version, refused.digest);
  remark(rows, red,
         fmt::format("refused {}{}{} ago: {}", which, which.empty() ? "" : ", ",
                     short_time(refused.ago), printable(refused.why.message)));
  if (!refused.why.hint.empty()) remark(rows, red, "  " + printable(refused.why.hint));
}

// Each name has a line of its own, so that grep finds it; what they share stands under the last.
void add_plugin(std::vector<Row>& rows, const PluginStanding& plugin) {
  const GenerationStanding* const serves = serving(plugin);
  std::vector<std::string> names = plugin.agents;
  const bool others = std::any_of(plugin.generations.begin(), plugin.generations.end(),
                                  [&](const GenerationStanding& generation) {
                                    return &generation != serves && generation.state != "unmapped";
                                  });
  const bool is_empty = names.empty() && !serves && !others && !plugin.refused;
  if (is_empty && plugin.doing.empty() && plugin.unloaded.empty()) return;
  if (names.empty() && plugin.unloaded.empty())
    names.push_back("(" + plugin.file.substr(plugin.file.rfind('/') + 1) + ")");
  for (const std::string& name : names) {
    if (serves != nullptr) {
      rows.push_back(row_of(printable(name), *serves));
      if (&name != &names.back()) rows.back().below.clear();
    } else {
      Row& row = rows.emplace_back();
      row.cells[agent] = printable(name);
      row.cells[state] = "not served";
      row.tone = red;
    }
  }
  for (const std::string& name : plugin.unloaded) {
    Row& row = rows.emplace_back();
    row.cells[agent] = printable(name);
    row.cells[state] = "unloaded";
    row.tone = dim;
  }
  for (const GenerationStanding& generation : plugin.generations) {
    if (&generation == serves || generation.state == "unmapped") continue;
    rows.push_back(row_of("", generation));
  }
  add_remarks(rows, plugin);
}

std::array<std::size_t, columns> widths_of(const std::vector<Row>& rows) {
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i)
      widths[i] = std::max(widths[i], width_of(row.cells[i]));
  }
  return widths;
}

std::string painted(std::string_view tone, std::string text, const Look& look) {
  if (!look.colour || tone.empty() || text.empty()) return text;
  return std::string(tone) + std::move(text) + "\x1b[0m";
}

// Cells in their columns, as far as the terminal is wide.
std::string line_of(const Row& row, const std::array<std::size_t, columns>& widths,
                    const Look& look) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    const std::string gap(i == 0 ? 0 : 2, ' ');
    used += gap.size();
    if (look.columns > 0 && used >= look.columns) break;
    const std::string padding(widths[i] - width_of(row.cells[i]), ' ');
    std::string cell = to_the_right[i] ? padding + row.cells[i] : row.cells[i] + padding;
    if (look.columns > 0) cell = cut(cell, look.columns - used);
    used += width_of(cell);
    const bool failed = i == failures && row.alarming;
    out += gap + painted(failed ? red : i == state ? row.tone : plain, std::move(cell), look);
  }
  if (!look.colour) out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

void append_below(std::vector<std::string>& lines, const Row& row, std::size_t indent,
                  const Look& look) {
  const std::size_t width = look.columns == 0            ? std::string::npos
                            : look.columns > indent + 20 ? look.columns - indent
                                                         : 20;
  for (const std::string& text : row.below) {
    const std::size_t further = std::min(text.find_first_not_of(' '), text.size());
    for (const std::string& part : folded(std::string_view(text).substr(further), width - further))
      lines.push_back(std::string(indent + further, ' ') + painted(row.tone_below, part, look));
  }
}

void append_summary(std::vector<std::string>& lines, const Standing& standing, const Look& look) {
  std::string text = fmt::format("up {}, {} {} open", short_time(standing.up), standing.turns_open,
                                 standing.turns_open == 1 ? "turn" : "turns");
  if (!standing.default_agent.empty())
    text += fmt::format(", /api/agent is {}", printable(standing.default_agent));
  const std::size_t width = look.columns == 0 ? std::string::npos : look.columns;
  lines.push_back(painted(dim, cut(text, width), look));
  if (!standing.draining) return;
  for (const std::string& line :
       folded("DRAINING: /readyz says 503; `patchbay drain --off` ends that", width))
    lines.push_back(painted(yellow, line, look));
}

}  // namespace

std::vector<std::string> standing_table(const Standing& standing, const Look& look) {
  std::vector<std::string> lines;
  append_summary(lines, standing, look);
  Row head;
  head.cells = {"AGENT", "STATE", "VERSION", "DIGEST", "AGE", "LEASES", "TURNS", "FAILED"};
  std::vector<Row> rows{head};
  for (const PluginStanding& plugin : standing.plugins) add_plugin(rows, plugin);
  if (rows.size() == 1) {
    lines.push_back("no agents: nothing is served");
    return lines;
  }
  const auto widths = widths_of(rows);
  const std::size_t indent = widths[agent] + 2;
  for (const Row& row : rows) {
    const bool empty = std::all_of(row.cells.begin(), row.cells.end(),
                                   [](const std::string& cell) { return cell.empty(); });
    const bool is_head = &row == rows.data();
    if (!empty) lines.push_back(painted(is_head ? bold : plain, line_of(row, widths, look), look));
    append_below(lines, row, indent, look);
  }
  return lines;
}

std::string short_time(Milliseconds time) {
  const std::int64_t seconds = std::max<std::int64_t>(time.count() / 1000, 0);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / (24 * 3600));
}

std::string under_way(const PluginStanding& plugin) {
  if (!plugin.doing.empty()) return printable(plugin.doing);
  std::vector<std::string> reasons;
  for (const GenerationStanding& generation : plugin.generations) {
    if (generation.state != "draining" || generation.waiting_for.empty()) continue;
    reasons.push_back(printable(fmt::format("{} waits for {}", generation.version,
                                            fmt::join(generation.waiting_for, ", "))));
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string version_and_digest(const std::string& version, const std::string& digest) {
  std::string start = digest.substr(0, short_digest);
  if (version.empty()) return start;
  return start.empty() ? printable(version) : fmt::format("{} ({})", printable(version), start);
}

}  // namespace patchbay
