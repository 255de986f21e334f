#pragma once
// The Porter stemmer with the extensions that NLTK makes by default. Thread: any.

#include <string>
#include <string_view>

namespace orch::score {

/// `word`: lower-case ASCII letters and digits.
/// Source: Porter 1980, doi:10.1108/eb046814; nltk/stem/porter.py 3.9.1, NLTK_EXTENSIONS.
std::string porter_stem(std::string_view word);

}  // namespace orch::score
