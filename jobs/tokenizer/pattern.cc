#include "jobs/tokenizer/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "jobs/tokenizer/pattern_node.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

// A match may try this many times (PCRE2's own default is 10 million), plus some for each byte.
constexpr std::uint32_t kStepsMax = 20'000'000;
constexpr std::size_t kStackBytesFirst = 64 << 10;
constexpr std::size_t kStackBytesMax = 512 << 20;
constexpr std::uint32_t kHeapKibMax = 1 << 20;
constexpr std::uint32_t kPatternDepthMax = 1000;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

std::string message_of(int code) {
  PCRE2_UCHAR text[256] = {};
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

/// The text that a tree matches if it is one plain text.
std::optional<std::string> plain_text(const PatternNode& node) {
  std::string out;
  if (node.kind == PatternNode::Kind::kText && !node.ignore_case) {
    for (const std::uint32_t p : node.text) append_utf8(out, p);
    return out;
  }
  if (node.kind != PatternNode::Kind::kSequence) return std::nullopt;
  for (const PatternNode& child : node.children) {
    const auto part = plain_text(child);
    if (!part) return std::nullopt;
    out += *part;
  }
  return out;
}

}  // namespace

struct Pattern::Compiled {
  std::string source, translated;
  std::optional<std::string> literal;
  std::unique_ptr<pcre2_code, FreeCode> code;
  bool jit = false;
};

struct Pattern::Scratch::State {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = nullptr;
  Result<void> status;

  State() {
    pcre2_set_match_limit(context, kStepsMax);
    pcre2_set_heap_limit(context, kHeapKibMax);
  }
  ~State() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    if (stack != nullptr) pcre2_jit_stack_free(stack);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void need_stack() {
    if (stack != nullptr) return;
    stack = pcre2_jit_stack_create(kStackBytesFirst, kStackBytesMax, nullptr);
    pcre2_jit_stack_assign(context, nullptr, stack);
  }

  int match(const Compiled& pattern, std::string_view text, std::size_t from) {
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    if (pattern.jit) {
      const int found = pcre2_jit_match(pattern.code.get(), subject, text.size(), from,
                                        PCRE2_NO_UTF_CHECK, data, context);
      if (found != PCRE2_ERROR_JIT_STACKLIMIT) return found;
    }
    return pcre2_match(pattern.code.get(), subject, text.size(), from,
                       PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, context);
  }
};

Pattern::Scratch::Scratch() : state_(std::make_unique<State>()) {}
Pattern::Scratch::~Scratch() = default;
Pattern::Scratch::Scratch(Scratch&&) noexcept = default;
Pattern::Scratch& Pattern::Scratch::operator=(Scratch&&) noexcept = default;
const Result<void>& Pattern::Scratch::status() const { return state_->status; }
void Pattern::Scratch::clear() { state_->status = {}; }

Pattern::Pattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

const std::string& Pattern::source() const { return compiled_->source; }
const std::string& Pattern::translated() const { return compiled_->translated; }

Pattern Pattern::literal(std::string_view text) {
  auto compiled = std::make_unique<Compiled>();
  compiled->source = compiled->translated = text;
  compiled->literal = text;
  return Pattern(std::move(compiled));
}

Result<Pattern> Pattern::compile(std::string_view oniguruma, UnicodeVersion version) {
  ORCH_ASSIGN(PatternNode parsed, parse_pattern(oniguruma, version));
  const PatternNode node = simplified_pattern(std::move(parsed));
  auto compiled = std::make_unique<Compiled>();
  compiled->source = oniguruma;
  compiled->literal = plain_text(node);
  ORCH_ASSIGN(compiled->translated, write_pattern(node, version));
  if (compiled->literal) return Pattern(std::move(compiled));

  const std::unique_ptr<pcre2_compile_context, void (*)(pcre2_compile_context*)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), kPatternDepthMax);
  int error = 0;
  PCRE2_SIZE place = 0;
  compiled->code.reset(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(compiled->translated.data()), compiled->translated.size(),
      PCRE2_UTF | PCRE2_MULTILINE | PCRE2_DOTALL, &error, &place, context.get()));
  if (!compiled->code)
    return invalid("pattern: " + message_of(error) + " in '" + pattern_excerpt(oniguruma) + "'");
  compiled->jit = pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE) == 0;
  return Pattern(std::move(compiled));
}

std::optional<Pattern::Span> Pattern::find(std::string_view text, std::size_t from,
                                           Scratch& scratch) const {
  Scratch::State& state = *scratch.state_;
  if (!state.status.ok() || from > text.size()) return std::nullopt;
  if (compiled_->literal) {
    const std::size_t at = text.find(*compiled_->literal, from);
    if (at == std::string_view::npos) return std::nullopt;
    return Span{at, at + compiled_->literal->size()};
  }
  if (compiled_->jit) state.need_stack();
  const int found = state.match(*compiled_, text, from);
  if (found >= 0) {
    const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(state.data);
    if (ends[0] <= ends[1]) return Span{ends[0], ends[1]};
    return std::nullopt;
  }
  if (found != PCRE2_ERROR_NOMATCH)
    state.status = invalid("pattern '" + pattern_excerpt(compiled_->source) +
                           "' gave up on a text of " + std::to_string(text.size()) +
                           " bytes at byte " + std::to_string(from) + ": " + message_of(found));
  return std::nullopt;
}

}  // namespace orch::tokenizer
