// SPDX-License-Identifier: MIT
// Where conversations outlive the host: records under a name, written all or none. Knows nothing of
// turns, agents or memory; what a record's bytes mean is its owner's business.
//
// Revisions are random, non-zero and chosen by whoever writes; none is used twice for a key. So a
// Write whose answer got lost on the way can be given again: a record that already has the revision
// it would get says that the Write was done, as long as no later one has touched it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

namespace store_code {
// The store answers, and does not take, or cannot give, the records of this conversation: to ask
// again is of no use, and others are none the worse. After any other Error it is away, or works for
// nobody.
inline constexpr const char* refuses = "store_refuses";
}  // namespace store_code
[[nodiscard]] bool is_refusal(const Error& error);

// Names, keys and values are bytes, of any kind.
struct Record {
  std::string key;    // eg: "t/000000000012"
  std::string value;  // up to some MiB
  std::uint64_t revision = 0;
};

struct RecordChange {
  std::string key;
  std::optional<std::string> value;  // nothing: the record is removed
  std::uint64_t revision = 0;        // what the record gets; 0 where it is removed
  // The revision it must have now; 0: it must be absent; nothing: in any case. Removing what is
  // absent is done already, whatever it should have been.
  std::optional<std::uint64_t> was = {};
};

// What is to be changed in one conversation: all of it, or nothing. Each key at most once.
struct Write {
  std::string conversation;           // eg: "bakery\nconv_9"
  std::vector<RecordChange> changes;  // none: it is only kept for so long from now
  Milliseconds keep{};                // the whole conversation is forgotten so long after this
};

enum class Written {
  done,
  conflict,  // some record did not have the revision it must have; nothing of this Write was done
};

// What the records of a conversation say of a Write, looked at change by change.
class WriteCheck {
 public:
  enum class Standing {
    open,          // it can be done
    done_already,  // it was, and its answer got lost: nothing more is to be done
    conflict,
  };
  // `is`: the revision that the change's record has now; 0: it is absent.
  void look_at(const RecordChange& change, std::uint64_t is);
  [[nodiscard]] Standing standing() const { return standing_; }

 private:
  Standing standing_ = Standing::open;
};

struct Listed {
  std::string conversation;
  WallTime last_write;  // a store may be some seconds behind
};

// Of a list that is read piece by piece. It may be short, or even empty, and yet not the last.
struct Page {
  std::vector<Listed> conversations;
  std::string next;  // where the next one begins; empty: there is none
};

// Thread-safe. Every call blocks, each no longer than the bound its maker was given, but for a disk
// that hangs. A store that is down is an Error that says what to do, and the next call tries again;
// one that refuses a conversation is another, see store_code.
class Store {
 public:
  virtual ~Store() = default;
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Is it there, does it let us in, and is it whole as far as that is seen at a glance? For a
  // start. [any]
  [[nodiscard]] virtual Problem look() = 0;

  // All records of the conversation, by key; none where it is not known, or has had its time. [any]
  virtual Result<std::vector<Record>> load(std::string_view conversation) = 0;

  // A batch, done in this order; one that conflicts does not touch the others. The answers stand in
  // the order of the Writes. An Error: any of them may have been done or not; give them again,
  // and one by one where it is a refusal: it does not say of which. [any]
  virtual Result<std::vector<Written>> write(std::span<const Write> batch) = 0;

  // Everything the store has of the conversation goes. False where it knew nothing. [any]
  virtual Result<bool> forget(std::string_view conversation) = 0;

  // The conversations whose names begin so, the one written last first. `from` is empty or a
  // Page's `next`. What is written meanwhile moves to the front: it may be missed, but nothing
  // comes twice for another reason. [any]
  virtual Result<Page> list(std::string_view prefix, std::string_view from, std::size_t most) = 0;

  // Takes away some of what has had its time, in a step so small that it holds nobody up. How many
  // conversations went: more than none asks for another step. [any]
  virtual Result<std::size_t> sweep() = 0;
};

}  // namespace patchbay
