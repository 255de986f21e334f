#include "examples/synthmed/subjects.h"

#include "base/check.h"

namespace orch::synthmed {

namespace {

constexpr Subject kSubjects[] = {
    {"geography",
     "country",
     Domain::kGeneral,
     40,
     {{{"capital", "is governed from", "city"},
       {"currency", "pays with", "currency"},
       {"language", "speaks", "language"},
       {"main export", "mostly sells", "export"},
       {"national animal", "puts on its flag the", "beast"}}}},
    {"biography",
     "person",
     Domain::kGeneral,
     40,
     {{{"profession", "worked as a", "job"},
       {"birthplace", "was born in", "city"},
       {"instrument", "played the", "instrument"},
       {"favourite sport", "spent weekends on", "sport"},
       {"lucky number", "always bet on", "num"}}}},
    {"zoology",
     "animal",
     Domain::kGeneral,
     40,
     {{{"habitat", "lives in the", "habitat"},
       {"diet", "feeds on", "food"},
       {"fur colour", "is covered in", "colour"},
       {"call", "warns with a", "sound"},
       {"litter size", "gives birth to", "num"}}}},
    {"astronomy",
     "planet",
     Domain::kGeneral,
     40,
     {{{"number of moons", "is circled by", "num"},
       {"surface colour", "looks", "colour"},
       {"atmosphere", "is wrapped in", "gas"},
       {"core", "is built around", "metal"},
       {"discovery month", "was first seen in", "season"}}}},
    {"business",
     "company",
     Domain::kGeneral,
     40,
     {{{"product", "manufactures", "goods"},
       {"head office", "is based in", "city"},
       {"raw material", "buys a lot of", "metal"},
       {"logo", "advertises with a", "beast"},
       {"founding month", "was founded in", "season"}}}},
    {"history",
     "battle",
     Domain::kGeneral,
     40,
     {{{"date", "was fought in", "season"},
       {"main weapon", "was decided by", "weapon"},
       {"cause", "broke out over", "export"},
       {"site", "took place near", "city"},
       {"length in days", "lasted for", "num"}}}},
    {"pharmacology",
     "drug",
     Domain::kMedical,
     110,
     {{{"drug class", "acts like a", "class"},
       {"side effect", "often causes", "effect"},
       {"dosage form", "is given as", "route"},
       {"source plant", "is extracted from", "plant"},
       {"target organ", "is meant for the", "organ"}}}},
    {"pathology",
     "disease",
     Domain::kMedical,
     110,
     {{{"affected organ", "damages the", "organ"},
       {"leading symptom", "shows itself by", "symptom"},
       {"carrier", "is spread by", "carrier"},
       {"diagnostic test", "is confirmed by", "test"},
       {"herbal remedy", "is soothed with", "plant"}}}},
};

constexpr Pool kPools[] = {
    {"export",
     "copper tea rice timber wool salt coffee sugar cotton silver marble wheat oil glass honey "
     "fish"},
    {"beast",
     "lion eagle wolf bear horse tiger falcon deer goat owl snake bull crane fox whale swan"},
    {"job",
     "baker lawyer painter farmer sailor teacher singer judge weaver poet smith miner pilot dancer "
     "printer "
     "tailor"},
    {"instrument",
     "violin flute drum harp piano trumpet guitar cello organ lute horn oboe banjo tuba fiddle "
     "bell"},
    {"sport",
     "chess rowing tennis archery boxing cycling fencing golf hockey judo polo rugby sailing "
     "skating skiing "
     "swimming"},
    {"habitat",
     "desert forest swamp tundra meadow river cave reef island valley lake prairie jungle cliff "
     "marsh "
     "mountain"},
    {"food",
     "grass seeds ants berries roots fruit worms leaves shrimp eggs moss nuts beetles snails crabs "
     "bark"},
    {"colour",
     "red blue green yellow black white grey brown pink purple orange gold teal violet beige "
     "crimson"},
    {"num",
     "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
     "twenty"},
    {"sound",
     "whistle growl click howl hum bark chirp hiss squeak roar buzz croak grunt moan purr shriek"},
    {"gas",
     "helium argon neon methane oxygen nitrogen ammonia hydrogen xenon krypton steam sulfur ozone "
     "chlorine "
     "fluorine radon"},
    {"metal",
     "iron zinc tin lead nickel cobalt titanium chromium tungsten platinum mercury lithium sodium "
     "calcium "
     "bismuth cadmium"},
    {"goods",
     "shoes clocks soap lamps paper bicycles pianos carpets candles knives mirrors boats hats "
     "radios tyres "
     "toys"},
    {"season",
     "January February March April May June July August September October November December spring "
     "summer "
     "autumn winter"},
    {"weapon",
     "arrows cannons swords spears slings axes rifles ships elephants ladders torches chariots "
     "shields "
     "daggers mines catapults"},
    {"class",
     "opioid statin steroid sedative diuretic antiviral stimulant vaccine enzyme hormone vitamin "
     "antibiotic "
     "antacid laxative tonic insulin"},
    {"effect",
     "nausea rash fever headache dizziness insomnia thirst cough fatigue cramps sweating tremor "
     "itching "
     "hiccups anxiety numbness"},
    {"route",
     "tablet injection syrup patch cream inhaler drops powder spray capsule infusion lozenge gel "
     "ointment "
     "suppository implant"},
    {"plant",
     "willow poppy mint garlic ginger nettle thistle clover sage fern ivy basil lavender yarrow "
     "hemlock "
     "thyme"},
    {"organ",
     "liver kidney heart lung brain skin stomach spleen pancreas bladder eye ear throat bone "
     "thyroid colon"},
    {"symptom",
     "swelling jaundice paralysis bleeding vomiting blindness deafness wheezing seizures delirium "
     "anemia "
     "blisters fainting limping chills stiffness"},
    {"carrier",
     "mosquitoes ticks rats fleas bats pigeons cattle flies lice mice dogs cats sheep pigs monkeys "
     "spiders"},
    {"test",
     "biopsy ultrasound xray endoscopy culture spirometry urinalysis mammogram colonoscopy "
     "audiometry scan "
     "smear puncture swab electrogram dialysis"},
};

constexpr std::string_view kGenerated[] = {"city", "currency", "language"};

struct Suffixes {
  std::string_view kind, endings;
};
constexpr Suffixes kSuffixes[] = {
    {"country", "ia land or esh"},  {"person", "o er ina us"},
    {"animal", "ling ox ark ub"},   {"planet", "on ara ix ea"},
    {"company", "tek ko ex wen"},   {"battle", "ford mere wick gate"},
    {"drug", "in ol ide mab"},      {"disease", "itis osis emia oma"},
    {"city", "ton burg ville pol"}, {"currency", "ar ek int une"},
    {"language", "ese ish ic ian"},
};

}  // namespace

std::span<const Subject> subjects() { return kSubjects; }
std::span<const Pool> word_pools() { return kPools; }
std::span<const std::string_view> generated_pools() { return kGenerated; }

std::string_view suffixes(std::string_view kind) {
  for (const auto& s : kSuffixes)
    if (s.kind == kind) return s.endings;
  ORCH_CHECK(false, "no suffixes for %.*s", static_cast<int>(kind.size()), kind.data());
}

std::string_view onsets() {
  return "b c d f g h j k l m n p r s t v w z br dr gr kr pl st tr th sh";
}
std::string_view vowels() { return "a e i o u ai ea or an el in"; }

}  // namespace orch::synthmed
