// SPDX-License-Identifier: MIT
#include "ear.h"

#include <doctest/doctest.h>

#include <string>

namespace {

std::string heard(const std::string& text) {
  llm::Ear ear(true);
  std::string out = ear.hear(text);
  return out + ear.finish();
}

// Cut once at every place, and into single bytes, it is heard as it is in one piece.
std::string heard_however_cut(const std::string& text) {
  const std::string whole = heard(text);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    llm::Ear ear(true);
    std::string out = ear.hear(text.substr(0, at));
    out += ear.hear(text.substr(at));
    out += ear.finish();
    CHECK_MESSAGE(out == whole, "cut at ", at, " of: ", text);
  }
  llm::Ear ear(true);
  std::string bytes;
  for (const char c : text) bytes += ear.hear(std::string(1, c));
  bytes += ear.finish();
  CHECK(bytes == whole);
  return whole;
}

}  // namespace

TEST_SUITE("ear") {
  TEST_CASE("plain words are heard as they are") {
    for (const char* text :
         {"Hello, how are you?", "It costs 5 * 3 = 15 euros, i.e. $15!", "Wait... really? Yes!",
          "Say \"hi\" to Mr. O'Neill (the boss).", "Größe, 你好。 नमस्ते!",
          "how, http, www, <3, a < b", "-5 degrees", "#1 of all", "50% off & more",
          "C'est ça : oui !", "~5 minutes", "2*3 is 6", "a|b", "What a day! [laughs"}) {
      std::string without_brackets = text;
      if (const auto at = without_brackets.find('['); at != std::string::npos)
        without_brackets.erase(at, 1);
      CHECK(heard_however_cut(text) == without_brackets);
    }
  }

  TEST_CASE("words leave with the piece that brings them") {
    llm::Ear ear(true);
    CHECK(ear.hear("Hello") == "Hello");
    CHECK(ear.hear(" there") == " there");
    CHECK(ear.hear("!") == "!");
    CHECK(ear.hear(" **I**") == " I");
    CHECK(ear.hear(" am") == " am");
    CHECK(ear.hear("\n- a") == " a");
    CHECK(ear.hear(" [link](") == " link");
  }

  TEST_CASE("emphasis is not heard") {
    CHECK(heard_however_cut("This is **very** _important_, ***really***, and ~~not~~ `code`.") ==
          "This is very important, really, and not code.");
    CHECK(heard_however_cut("**Hello** there") == "Hello there");
    CHECK(heard_however_cut("the file my_file_name") == "the file my file name");
    CHECK(heard_however_cut("not \\*bold\\*") == "not *bold*");
  }

  TEST_CASE("lines of lists, headings and tables end in a stop") {
    CHECK(
        heard_however_cut("# Menu\n\nWe have:\n- coffee\n- **tea**\n* water.\n\nAnything else?") ==
        "Menu. We have: coffee. tea. water. Anything else?");
    CHECK(heard_however_cut("1. First\n2. Second") == "1. First 2. Second");
    CHECK(heard_however_cut("• one\n• two\n") == "one. two.");
    CHECK(heard_however_cut("| Day | Open |\n|:---|---:|\n| Monday | 7 to 9 |\n\nBye.") ==
          "Day, Open. Monday, 7 to 9. Bye.");
    CHECK(heard_however_cut("One line\nof a paragraph\n\nand another") ==
          "One line of a paragraph. and another");
    CHECK(heard_however_cut("> a quote\n---\nafter") == "a quote. after");
  }

  TEST_CASE("code blocks are not heard") {
    CHECK(heard_however_cut("Try this:\n```python\nprint('hi')\n`` no end\n```\nDone.") ==
          "Try this: Done.");
    CHECK(heard_however_cut("```\nonly code\n```") == "");
    CHECK(heard_however_cut("So\n~~~\na\n~~~\n") == "So.");
  }

  TEST_CASE("of a link its text is heard, and of an address its host") {
    CHECK(heard_however_cut("See [our menu](https://example.com/menu_(new)?a=1) today.") ==
          "See our menu today.");
    CHECK(heard_however_cut("![a loaf](http://x.y/z.png) Nice![1] Yes [^2].") ==
          "a loaf Nice! Yes.");
    CHECK(heard_however_cut("Go to https://www.example.com/a/b?c=d#e.") == "Go to example.com.");
    CHECK(heard_however_cut("(http://localhost:8080/x) or www.example.org!") ==
          "(localhost) or example.org!");
    CHECK(heard_however_cut("<https://example.com/path> it is") == "example.com it is");
    CHECK(heard_however_cut("- [ ] buy milk\n- [x] sleep\n") == "buy milk. sleep.");
  }

  TEST_CASE("tags and emoji are not heard") {
    CHECK(heard_however_cut("a<br>b <b>bold</b> <span class=\"x\">c</span>") == "a b bold c");
    CHECK(heard_however_cut("Great 🎉! Yes 👍🏽👩‍👩‍👧 really ❤️.") ==
          "Great! Yes really.");
    CHECK(heard_however_cut("🇦🇹 Servus 1️⃣") == "Servus 1");
  }

  TEST_CASE("switched off it hears all") {
    llm::Ear ear(false);
    CHECK(ear.hear("**a** 🎉\n") + ear.finish() == "**a** 🎉\n");
  }

  TEST_CASE("whatever comes, it holds no more than it must, and ends") {
    const std::string marks = "*_`~[]()<>!|#-\\\nhw.: 1a\xF0\x9F\x8E\x89\xE2\x80";
    unsigned seed = 1;
    for (int round = 0; round < 300; ++round) {
      std::string text;
      for (int i = 0; i < 40; ++i) {
        seed = seed * 1103515245U + 12345U;
        text += marks[(seed >> 16U) % marks.size()];
      }
      CAPTURE(text);
      heard_however_cut(text);
    }
  }
}
