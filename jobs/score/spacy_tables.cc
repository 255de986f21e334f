#include "jobs/score/spacy_tables.h"

// Facts of spaCy 3.8.18's English: the words of its tokenizer's exceptions with their parts, and
// the ranges of characters that it calls icons.

namespace orch::score {

// One a line, its parts divided by tabs.
const std::string_view kSpacyExceptions =
    "'\n''\n'Cause\n'Cos\n'Coz\n'Cuz\n'S\n'bout\n'cause\n'cos\n'coz\n'cuz\n'd\n'em\n'll\n'nuff\n"
    "'re\n's\n(*_*)\n(-8\n(-:\n(-;\n(-_-)\n(._.)\n(:\n(;\n(=\n(>_<)\n(^_^)\n(o:\n(¬_¬)\n(ಠ_ಠ)\n"
    "(╯°□°）╯︵┻━┻\n)-:\n):\n-_-\n-__-\n._.\n0.0\n0.o\n0_0\n0_o\n1\ta.m.\n1\tam\n1\tp.m.\n1\tpm\n"
    "10\ta.m.\n10\tam\n10\tp.m.\n10\tpm\n11\ta.m.\n11\tam\n11\tp.m.\n11\tpm\n12\ta.m.\n12\tam\n"
    "12\tp.m.\n12\tpm\n2\ta.m.\n2\tam\n2\tp.m.\n2\tpm\n3\ta.m.\n3\tam\n3\tp.m.\n3\tpm\n4\ta.m.\n"
    "4\tam\n4\tp.m.\n4\tpm\n5\ta.m.\n5\tam\n5\tp.m.\n5\tpm\n6\ta.m.\n6\tam\n6\tp.m.\n6\tpm\n"
    "7\ta.m.\n7\tam\n7\tp.m.\n7\tpm\n8\ta.m.\n8\tam\n8\tp.m.\n8\tpm\n8)\n8-)\n8-D\n8D\n9\ta.m.\n"
    "9\tam\n9\tp.m.\n9\tpm\n:'(\n:')\n:'-(\n:'-)\n:(\n:((\n:(((\n:()\n:)\n:))\n:)))\n:*\n:-(\n"
    ":-((\n:-(((\n:-)\n:-))\n:-)))\n:-*\n:-/\n:-0\n:-3\n:->\n:-D\n:-O\n:-P\n:-X\n:-]\n:-o\n:-p\n"
    ":-x\n:-|\n:-}\n:/\n:0\n:1\n:3\n:>\n:D\n:O\n:P\n:X\n:]\n:o\n:o)\n:p\n:x\n:|\n:}\n:’(\n:’)\n"
    ":’-(\n:’-)\n;)\n;-)\n;-D\n;D\n;_;\n<.<\n</3\n<3\n<33\n<333\n<space>\n=(\n=)\n=/\n=3\n=D\n"
    "=[\n=]\n=|\n>.<\n>.>\n>:(\n>:o\n><(((*>\n@_@\nAdm.\nAi\tn't\nAi\tnt\nAi\tn’t\nAk.\nAla.\n"
    "Apr.\nAre\tn't\nAre\tnt\nAre\tn’t\nAriz.\nArk.\nAug.\nBros.\nC'm\ton\nC++\nCa\tn't\n"
    "Ca\tn't\t've\nCa\tnt\nCa\tnt\tve\nCa\tn’t\nCa\tn’t\t’ve\nCalif.\nCan\tnot\nCo.\nColo.\n"
    "Conn.\nCorp.\nCould\t've\nCould\tn't\nCould\tn't\t've\nCould\tnt\nCould\tnt\tve\n"
    "Could\tn’t\nCould\tn’t\t’ve\nCould\tve\nCould\t’ve\nC’m\ton\nD.C.\nDare\tn't\nDare\tnt\n"
    "Dare\tn’t\nDec.\nDel.\nDid\tn't\nDid\tn't\t've\nDid\tnt\nDid\tnt\tve\nDid\tn’t\n"
    "Did\tn’t\t’ve\nDo\tn't\nDo\tn't\t've\nDo\tnt\nDo\tnt\tve\nDo\tn’t\nDo\tn’t\t’ve\nDoes\tn't\n"
    "Does\tn't\t've\nDoes\tnt\nDoes\tnt\tve\nDoes\tn’t\nDoes\tn’t\t’ve\nDoin\nDoin'\nDoin’\nDr.\n"
    "E.G.\nE.g.\nFeb.\nFla.\nGa.\nGen.\nGoin\nGoin'\nGoin’\nGon\tna\nGot\tta\nGov.\nHad\tn't\n"
    "Had\tn't\t've\nHad\tnt\nHad\tnt\tve\nHad\tn’t\nHad\tn’t\t’ve\nHas\tn't\nHas\tnt\nHas\tn’t\n"
    "Have\tn't\nHave\tnt\nHave\tn’t\nHavin\nHavin'\nHavin’\nHe\t'd\nHe\t'd\t've\nHe\t'll\n"
    "He\t'll\t've\nHe\t's\nHe\td\nHe\td\tve\nHe\tll\tve\nHe\ts\nHe\t’d\nHe\t’d\t’ve\nHe\t’ll\n"
    "He\t’ll\t’ve\nHe\t’s\nHow\t'd\nHow\t'd\t've\nHow\t'd\t'y\nHow\t'll\nHow\t'll\t've\n"
    "How\t're\nHow\t's\nHow\t've\nHow\td\nHow\td\tve\nHow\tll\nHow\tll\tve\nHow\tre\nHow\ts\n"
    "How\tve\nHow\t’d\nHow\t’d\t’ve\nHow\t’d\t’y\nHow\t’ll\nHow\t’ll\t’ve\nHow\t’re\nHow\t’s\n"
    "How\t’ve\nI\t'd\nI\t'd\t've\nI\t'll\nI\t'll\t've\nI\t'm\nI\t'm\ta\nI\t've\nI\td\nI\td\tve\n"
    "I\tll\tve\nI\tm\nI\tm\ta\nI\tve\nI\t’d\nI\t’d\t’ve\nI\t’ll\nI\t’ll\t’ve\nI\t’m\nI\t’m\ta\n"
    "I\t’ve\nI.E.\nI.e.\nIa.\nId.\nIll.\nInc.\nInd.\nIs\tn't\nIs\tnt\nIs\tn’t\nIt\t'd\n"
    "It\t'd\t've\nIt\t'll\nIt\t'll\t've\nIt\t's\nIt\td\nIt\td\tve\nIt\tll\nIt\tll\tve\nIt\t’d\n"
    "It\t’d\t’ve\nIt\t’ll\nIt\t’ll\t’ve\nIt\t’s\nJan.\nJr.\nJul.\nJun.\nKan.\nKans.\nKy.\nLa.\n"
    "Let\t's\nLet\t’s\nLovin\nLovin'\nLovin’\nLtd.\nMa'am\nMar.\nMass.\nMay\tn't\nMay\tn't\t've\n"
    "May\tnt\nMay\tnt\tve\nMay\tn’t\nMay\tn’t\t’ve\nMa’am\nMd.\nMessrs.\nMich.\nMight\t've\n"
    "Might\tn't\nMight\tn't\t've\nMight\tnt\nMight\tnt\tve\nMight\tn’t\nMight\tn’t\t’ve\n"
    "Might\tve\nMight\t’ve\nMinn.\nMiss.\nMo.\nMont.\nMr.\nMrs.\nMs.\nMt.\nMust\t've\nMust\tn't\n"
    "Must\tn't\t've\nMust\tnt\nMust\tnt\tve\nMust\tn’t\nMust\tn’t\t’ve\nMust\tve\nMust\t’ve\n"
    "N.C.\nN.D.\nN.H.\nN.J.\nN.M.\nN.Y.\nNeb.\nNebr.\nNeed\tn't\nNeed\tn't\t've\nNeed\tnt\n"
    "Need\tnt\tve\nNeed\tn’t\nNeed\tn’t\t’ve\nNev.\nNot\t've\nNot\tve\nNot\t’ve\nNothin\n"
    "Nothin'\nNothin’\nNov.\nNuthin\nNuthin'\nNuthin’\nO'clock\nO.O\nO.o\nO_O\nO_o\nOct.\nOkla.\n"
    "Ol\nOl'\nOl’\nOre.\nOught\tn't\nOught\tn't\t've\nOught\tnt\nOught\tnt\tve\nOught\tn’t\n"
    "Ought\tn’t\t’ve\nO’clock\nPa.\nPh.D.\nProf.\nRep.\nRev.\nS.C.\nSen.\nSep.\nSept.\nSha\tn't\n"
    "Sha\tn't\t've\nSha\tnt\nSha\tnt\tve\nSha\tn’t\nSha\tn’t\t’ve\nShe\t'd\nShe\t'd\t've\n"
    "She\t'll\nShe\t'll\t've\nShe\t's\nShe\td\tve\nShe\tll\tve\nShe\ts\nShe\t’d\nShe\t’d\t’ve\n"
    "She\t’ll\nShe\t’ll\t’ve\nShe\t’s\nShould\t've\nShould\tn't\nShould\tn't\t've\nShould\tnt\n"
    "Should\tnt\tve\nShould\tn’t\nShould\tn’t\t’ve\nShould\tve\nShould\t’ve\nSomethin\n"
    "Somethin'\nSomethin’\nSt.\nTenn.\nThat\t'd\nThat\t'd\t've\nThat\t'll\nThat\t'll\t've\n"
    "That\t's\nThat\td\nThat\td\tve\nThat\tll\nThat\tll\tve\nThat\ts\nThat\t’d\nThat\t’d\t’ve\n"
    "That\t’ll\nThat\t’ll\t’ve\nThat\t’s\nThere\t'd\nThere\t'd\t've\nThere\t'll\n"
    "There\t'll\t've\nThere\t're\nThere\t's\nThere\t've\nThere\td\nThere\td\tve\nThere\tll\n"
    "There\tll\tve\nThere\tre\nThere\ts\nThere\tve\nThere\t’d\nThere\t’d\t’ve\nThere\t’ll\n"
    "There\t’ll\t’ve\nThere\t’re\nThere\t’s\nThere\t’ve\nThese\t'd\nThese\t'd\t've\nThese\t'll\n"
    "These\t'll\t've\nThese\t're\nThese\t've\nThese\td\nThese\td\tve\nThese\tll\nThese\tll\tve\n"
    "These\tre\nThese\tve\nThese\t’d\nThese\t’d\t’ve\nThese\t’ll\nThese\t’ll\t’ve\nThese\t’re\n"
    "These\t’ve\nThey\t'd\nThey\t'd\t've\nThey\t'll\nThey\t'll\t've\nThey\t're\nThey\t've\n"
    "They\td\nThey\td\tve\nThey\tll\nThey\tll\tve\nThey\tre\nThey\tve\nThey\t’d\nThey\t’d\t’ve\n"
    "They\t’ll\nThey\t’ll\t’ve\nThey\t’re\nThey\t’ve\nThis\t'd\nThis\t'd\t've\nThis\t'll\n"
    "This\t'll\t've\nThis\t's\nThis\td\nThis\td\tve\nThis\tll\nThis\tll\tve\nThis\ts\nThis\t’d\n"
    "This\t’d\t’ve\nThis\t’ll\nThis\t’ll\t’ve\nThis\t’s\nThose\t'd\nThose\t'd\t've\nThose\t'll\n"
    "Those\t'll\t've\nThose\t're\nThose\t've\nThose\td\nThose\td\tve\nThose\tll\nThose\tll\tve\n"
    "Those\tre\nThose\tve\nThose\t’d\nThose\t’d\t’ve\nThose\t’ll\nThose\t’ll\t’ve\nThose\t’re\n"
    "Those\t’ve\nV.V\nV_V\nVa.\nWas\tn't\nWas\tnt\nWas\tn’t\nWash.\nWe\t'd\nWe\t'd\t've\n"
    "We\t'll\nWe\t'll\t've\nWe\t're\nWe\t've\nWe\td\nWe\td\tve\nWe\tll\tve\nWe\tve\nWe\t’d\n"
    "We\t’d\t’ve\nWe\t’ll\nWe\t’ll\t’ve\nWe\t’re\nWe\t’ve\nWere\tn't\nWere\tnt\nWere\tn’t\n"
    "What\t'd\nWhat\t'd\t've\nWhat\t'll\nWhat\t'll\t've\nWhat\t're\nWhat\t's\nWhat\t've\n"
    "What\td\nWhat\td\tve\nWhat\tll\nWhat\tll\tve\nWhat\tre\nWhat\ts\nWhat\tve\nWhat\t’d\n"
    "What\t’d\t’ve\nWhat\t’ll\nWhat\t’ll\t’ve\nWhat\t’re\nWhat\t’s\nWhat\t’ve\nWhen\t'd\n"
    "When\t'd\t've\nWhen\t'll\nWhen\t'll\t've\nWhen\t're\nWhen\t's\nWhen\t've\nWhen\td\n"
    "When\td\tve\nWhen\tll\nWhen\tll\tve\nWhen\tre\nWhen\ts\nWhen\tve\nWhen\t’d\nWhen\t’d\t’ve\n"
    "When\t’ll\nWhen\t’ll\t’ve\nWhen\t’re\nWhen\t’s\nWhen\t’ve\nWhere\t'd\nWhere\t'd\t've\n"
    "Where\t'll\nWhere\t'll\t've\nWhere\t're\nWhere\t's\nWhere\t've\nWhere\td\nWhere\td\tve\n"
    "Where\tll\nWhere\tll\tve\nWhere\tre\nWhere\ts\nWhere\tve\nWhere\t’d\nWhere\t’d\t’ve\n"
    "Where\t’ll\nWhere\t’ll\t’ve\nWhere\t’re\nWhere\t’s\nWhere\t’ve\nWho\t'd\nWho\t'd\t've\n"
    "Who\t'll\nWho\t'll\t've\nWho\t're\nWho\t's\nWho\t've\nWho\td\nWho\td\tve\nWho\tll\n"
    "Who\tll\tve\nWho\ts\nWho\tve\nWho\t’d\nWho\t’d\t’ve\nWho\t’ll\nWho\t’ll\t’ve\nWho\t’re\n"
    "Who\t’s\nWho\t’ve\nWhy\t'd\nWhy\t'd\t've\nWhy\t'll\nWhy\t'll\t've\nWhy\t're\nWhy\t's\n"
    "Why\t've\nWhy\td\nWhy\td\tve\nWhy\tll\nWhy\tll\tve\nWhy\tre\nWhy\ts\nWhy\tve\nWhy\t’d\n"
    "Why\t’d\t’ve\nWhy\t’ll\nWhy\t’ll\t’ve\nWhy\t’re\nWhy\t’s\nWhy\t’ve\nWis.\nWo\tn't\n"
    "Wo\tn't\t've\nWo\tnt\nWo\tnt\tve\nWo\tn’t\nWo\tn’t\t’ve\nWould\t've\nWould\tn't\n"
    "Would\tn't\t've\nWould\tnt\nWould\tnt\tve\nWould\tn’t\nWould\tn’t\t’ve\nWould\tve\n"
    "Would\t’ve\nXD\nXDD\nYou\t'd\nYou\t'd\t've\nYou\t'll\nYou\t'll\t've\nYou\t're\nYou\t've\n"
    "You\td\nYou\td\tve\nYou\tll\nYou\tll\tve\nYou\tre\nYou\tve\nYou\t’d\nYou\t’d\t’ve\n"
    "You\t’ll\nYou\t’ll\t’ve\nYou\t’re\nYou\t’ve\n[-:\n[:\n[=\n\\\")\n\\n\n\\t\n]=\n^_^\n^__^\n"
    "^___^\na.\na.m.\nai\tn't\nai\tnt\nai\tn’t\nand/or\nare\tn't\nare\tnt\nare\tn’t\nb.\n"
    "c'm\ton\nc.\nca\tn't\nca\tn't\t've\nca\tnt\nca\tnt\tve\nca\tn’t\nca\tn’t\t’ve\ncan\tnot\n"
    "co.\ncould\t've\ncould\tn't\ncould\tn't\t've\ncould\tnt\ncould\tnt\tve\ncould\tn’t\n"
    "could\tn’t\t’ve\ncould\tve\ncould\t’ve\nc’m\ton\nd.\ndare\tn't\ndare\tnt\ndare\tn’t\n"
    "did\tn't\ndid\tn't\t've\ndid\tnt\ndid\tnt\tve\ndid\tn’t\ndid\tn’t\t’ve\ndo\tn't\n"
    "do\tn't\t've\ndo\tnt\ndo\tnt\tve\ndo\tn’t\ndo\tn’t\t’ve\ndoes\tn't\ndoes\tn't\t've\n"
    "does\tnt\ndoes\tnt\tve\ndoes\tn’t\ndoes\tn’t\t’ve\ndoin\ndoin'\ndoin’\ne.\ne.g.\nem\nf.\n"
    "g.\ngoin\ngoin'\ngoin’\ngon\tna\ngot\tta\nh.\nhad\tn't\nhad\tn't\t've\nhad\tnt\n"
    "had\tnt\tve\nhad\tn’t\nhad\tn’t\t’ve\nhas\tn't\nhas\tnt\nhas\tn’t\nhave\tn't\nhave\tnt\n"
    "have\tn’t\nhavin\nhavin'\nhavin’\nhe\t'd\nhe\t'd\t've\nhe\t'll\nhe\t'll\t've\nhe\t's\n"
    "he\td\nhe\td\tve\nhe\tll\tve\nhe\ts\nhe\t’d\nhe\t’d\t’ve\nhe\t’ll\nhe\t’ll\t’ve\nhe\t’s\n"
    "how\t'd\nhow\t'd\t've\nhow\t'd\t'y\nhow\t'll\nhow\t'll\t've\nhow\t're\nhow\t's\nhow\t've\n"
    "how\td\nhow\td\tve\nhow\tll\nhow\tll\tve\nhow\tre\nhow\ts\nhow\tve\nhow\t’d\nhow\t’d\t’ve\n"
    "how\t’d\t’y\nhow\t’ll\nhow\t’ll\t’ve\nhow\t’re\nhow\t’s\nhow\t’ve\ni\t'd\ni\t'd\t've\n"
    "i\t'll\ni\t'll\t've\ni\t'm\ni\t'm\ta\ni\t've\ni\td\ni\td\tve\ni\tll\tve\ni\tm\ni\tm\ta\n"
    "i\tve\ni\t’d\ni\t’d\t’ve\ni\t’ll\ni\t’ll\t’ve\ni\t’m\ni\t’m\ta\ni\t’ve\ni.\ni.e.\nis\tn't\n"
    "is\tnt\nis\tn’t\nit\t'd\nit\t'd\t've\nit\t'll\nit\t'll\t've\nit\t's\nit\td\nit\td\tve\n"
    "it\tll\nit\tll\tve\nit\t’d\nit\t’d\t’ve\nit\t’ll\nit\t’ll\t’ve\nit\t’s\nj.\nk.\nl.\n"
    "let\t's\nlet\t’s\nll\nlovin\nlovin'\nlovin’\nm.\nma'am\nmay\tn't\nmay\tn't\t've\nmay\tnt\n"
    "may\tnt\tve\nmay\tn’t\nmay\tn’t\t’ve\nma’am\nmight\t've\nmight\tn't\nmight\tn't\t've\n"
    "might\tnt\nmight\tnt\tve\nmight\tn’t\nmight\tn’t\t’ve\nmight\tve\nmight\t’ve\nmust\t've\n"
    "must\tn't\nmust\tn't\t've\nmust\tnt\nmust\tnt\tve\nmust\tn’t\nmust\tn’t\t’ve\nmust\tve\n"
    "must\t’ve\nn.\nneed\tn't\nneed\tn't\t've\nneed\tnt\nneed\tnt\tve\nneed\tn’t\n"
    "need\tn’t\t’ve\nnot\t've\nnot\tve\nnot\t’ve\nnothin\nnothin'\nnothin’\nnuff\nnuthin\n"
    "nuthin'\nnuthin’\no'clock\no.\no.0\no.O\no.o\no_0\no_O\no_o\nol\nol'\nol’\nought\tn't\n"
    "ought\tn't\t've\nought\tnt\nought\tnt\tve\nought\tn’t\nought\tn’t\t’ve\no’clock\np.\np.m.\n"
    "q.\nr.\ns.\nsha\tn't\nsha\tn't\t've\nsha\tnt\nsha\tnt\tve\nsha\tn’t\nsha\tn’t\t’ve\n"
    "she\t'd\nshe\t'd\t've\nshe\t'll\nshe\t'll\t've\nshe\t's\nshe\td\tve\nshe\tll\tve\nshe\ts\n"
    "she\t’d\nshe\t’d\t’ve\nshe\t’ll\nshe\t’ll\t’ve\nshe\t’s\nshould\t've\nshould\tn't\n"
    "should\tn't\t've\nshould\tnt\nshould\tnt\tve\nshould\tn’t\nshould\tn’t\t’ve\nshould\tve\n"
    "should\t’ve\nsomethin\nsomethin'\nsomethin’\nt.\nthat\t'd\nthat\t'd\t've\nthat\t'll\n"
    "that\t'll\t've\nthat\t's\nthat\td\nthat\td\tve\nthat\tll\nthat\tll\tve\nthat\ts\nthat\t’d\n"
    "that\t’d\t’ve\nthat\t’ll\nthat\t’ll\t’ve\nthat\t’s\nthere\t'd\nthere\t'd\t've\nthere\t'll\n"
    "there\t'll\t've\nthere\t're\nthere\t's\nthere\t've\nthere\td\nthere\td\tve\nthere\tll\n"
    "there\tll\tve\nthere\tre\nthere\ts\nthere\tve\nthere\t’d\nthere\t’d\t’ve\nthere\t’ll\n"
    "there\t’ll\t’ve\nthere\t’re\nthere\t’s\nthere\t’ve\nthese\t'd\nthese\t'd\t've\nthese\t'll\n"
    "these\t'll\t've\nthese\t're\nthese\t've\nthese\td\nthese\td\tve\nthese\tll\nthese\tll\tve\n"
    "these\tre\nthese\tve\nthese\t’d\nthese\t’d\t’ve\nthese\t’ll\nthese\t’ll\t’ve\nthese\t’re\n"
    "these\t’ve\nthey\t'd\nthey\t'd\t've\nthey\t'll\nthey\t'll\t've\nthey\t're\nthey\t've\n"
    "they\td\nthey\td\tve\nthey\tll\nthey\tll\tve\nthey\tre\nthey\tve\nthey\t’d\nthey\t’d\t’ve\n"
    "they\t’ll\nthey\t’ll\t’ve\nthey\t’re\nthey\t’ve\nthis\t'd\nthis\t'd\t've\nthis\t'll\n"
    "this\t'll\t've\nthis\t's\nthis\td\nthis\td\tve\nthis\tll\nthis\tll\tve\nthis\ts\nthis\t’d\n"
    "this\t’d\t’ve\nthis\t’ll\nthis\t’ll\t’ve\nthis\t’s\nthose\t'd\nthose\t'd\t've\nthose\t'll\n"
    "those\t'll\t've\nthose\t're\nthose\t've\nthose\td\nthose\td\tve\nthose\tll\nthose\tll\tve\n"
    "those\tre\nthose\tve\nthose\t’d\nthose\t’d\t’ve\nthose\t’ll\nthose\t’ll\t’ve\nthose\t’re\n"
    "those\t’ve\nu.\nv.\nv.s.\nv.v\nv_v\nvs.\nw.\nw/o\nwas\tn't\nwas\tnt\nwas\tn’t\nwe\t'd\n"
    "we\t'd\t've\nwe\t'll\nwe\t'll\t've\nwe\t're\nwe\t've\nwe\td\nwe\td\tve\nwe\tll\tve\nwe\tve\n"
    "we\t’d\nwe\t’d\t’ve\nwe\t’ll\nwe\t’ll\t’ve\nwe\t’re\nwe\t’ve\nwere\tn't\nwere\tnt\n"
    "were\tn’t\nwhat\t'd\nwhat\t'd\t've\nwhat\t'll\nwhat\t'll\t've\nwhat\t're\nwhat\t's\n"
    "what\t've\nwhat\td\nwhat\td\tve\nwhat\tll\nwhat\tll\tve\nwhat\tre\nwhat\ts\nwhat\tve\n"
    "what\t’d\nwhat\t’d\t’ve\nwhat\t’ll\nwhat\t’ll\t’ve\nwhat\t’re\nwhat\t’s\nwhat\t’ve\n"
    "when\t'd\nwhen\t'd\t've\nwhen\t'll\nwhen\t'll\t've\nwhen\t're\nwhen\t's\nwhen\t've\n"
    "when\td\nwhen\td\tve\nwhen\tll\nwhen\tll\tve\nwhen\tre\nwhen\ts\nwhen\tve\nwhen\t’d\n"
    "when\t’d\t’ve\nwhen\t’ll\nwhen\t’ll\t’ve\nwhen\t’re\nwhen\t’s\nwhen\t’ve\nwhere\t'd\n"
    "where\t'd\t've\nwhere\t'll\nwhere\t'll\t've\nwhere\t're\nwhere\t's\nwhere\t've\nwhere\td\n"
    "where\td\tve\nwhere\tll\nwhere\tll\tve\nwhere\tre\nwhere\ts\nwhere\tve\nwhere\t’d\n"
    "where\t’d\t’ve\nwhere\t’ll\nwhere\t’ll\t’ve\nwhere\t’re\nwhere\t’s\nwhere\t’ve\nwho\t'd\n"
    "who\t'd\t've\nwho\t'll\nwho\t'll\t've\nwho\t're\nwho\t's\nwho\t've\nwho\td\nwho\td\tve\n"
    "who\tll\nwho\tll\tve\nwho\ts\nwho\tve\nwho\t’d\nwho\t’d\t’ve\nwho\t’ll\nwho\t’ll\t’ve\n"
    "who\t’re\nwho\t’s\nwho\t’ve\nwhy\t'd\nwhy\t'd\t've\nwhy\t'll\nwhy\t'll\t've\nwhy\t're\n"
    "why\t's\nwhy\t've\nwhy\td\nwhy\td\tve\nwhy\tll\nwhy\tll\tve\nwhy\tre\nwhy\ts\nwhy\tve\n"
    "why\t’d\nwhy\t’d\t’ve\nwhy\t’ll\nwhy\t’ll\t’ve\nwhy\t’re\nwhy\t’s\nwhy\t’ve\nwo\tn't\n"
    "wo\tn't\t've\nwo\tnt\nwo\tnt\tve\nwo\tn’t\nwo\tn’t\t’ve\nwould\t've\nwould\tn't\n"
    "would\tn't\t've\nwould\tnt\nwould\tnt\tve\nwould\tn’t\nwould\tn’t\t’ve\nwould\tve\n"
    "would\t’ve\nx.\nxD\nxDD\ny\tall\ny'\tall\ny.\nyou\t'd\nyou\t'd\t've\nyou\t'll\n"
    "you\t'll\t've\nyou\t're\nyou\t've\nyou\td\nyou\td\tve\nyou\tll\nyou\tll\tve\nyou\tre\n"
    "you\tve\nyou\t’d\nyou\t’d\t’ve\nyou\t’ll\nyou\t’ll\t’ve\nyou\t’re\nyou\t’ve\ny’\tall\nz.\n"
    "¯\\(ツ)/¯\n°\tC\t.\n°\tF\t.\n°\tK\t.\n°\tc\t.\n°\tf\t.\n°\tk\t.\nä.\nö.\nü.\nಠ_ಠ\nಠ︵ಠ\n—\n"
    "‘S\n‘s\n’\n’Cause\n’Cos\n’Coz\n’Cuz\n’S\n’bout\n’cause\n’cos\n’coz\n’cuz\n’d\n’em\n’ll\n"
    "’nuff\n’re\n’s\n’’\n";

const std::array<SpacyRange, 200> kSpacyIcons = {
    {{0xa6, 0xa6},       {0xa9, 0xa9},       {0xae, 0xae},       {0xb0, 0xb0},
     {0x482, 0x482},     {0x58d, 0x58d},     {0x58e, 0x58e},     {0x60e, 0x60e},
     {0x60f, 0x60f},     {0x6de, 0x6de},     {0x6e9, 0x6e9},     {0x6fd, 0x6fd},
     {0x6fe, 0x6fe},     {0x7f6, 0x7f6},     {0x9fa, 0x9fa},     {0xb70, 0xb70},
     {0xbf3, 0xbf8},     {0xbfa, 0xbfa},     {0xc7f, 0xc7f},     {0xd4f, 0xd4f},
     {0xd79, 0xd79},     {0xf01, 0xf03},     {0xf13, 0xf13},     {0xf15, 0xf17},
     {0xf1a, 0xf1f},     {0xf34, 0xf34},     {0xf36, 0xf36},     {0xf38, 0xf38},
     {0xfbe, 0xfc5},     {0xfc7, 0xfcc},     {0xfce, 0xfce},     {0xfcf, 0xfcf},
     {0xfd5, 0xfd8},     {0x109e, 0x109e},   {0x109f, 0x109f},   {0x1390, 0x1399},
     {0x1940, 0x1940},   {0x19de, 0x19ff},   {0x1b61, 0x1b6a},   {0x1b74, 0x1b7c},
     {0x2100, 0x2100},   {0x2101, 0x2101},   {0x2103, 0x2106},   {0x2108, 0x2108},
     {0x2109, 0x2109},   {0x2114, 0x2114},   {0x2116, 0x2116},   {0x2117, 0x2117},
     {0x211e, 0x2123},   {0x2125, 0x2125},   {0x2127, 0x2127},   {0x2129, 0x2129},
     {0x212e, 0x212e},   {0x213a, 0x213a},   {0x213b, 0x213b},   {0x214a, 0x214a},
     {0x214c, 0x214c},   {0x214d, 0x214d},   {0x214f, 0x214f},   {0x218a, 0x218a},
     {0x218b, 0x218b},   {0x2195, 0x2199},   {0x219c, 0x219f},   {0x21a1, 0x21a1},
     {0x21a2, 0x21a2},   {0x21a4, 0x21a4},   {0x21a5, 0x21a5},   {0x21a7, 0x21ad},
     {0x21af, 0x21cd},   {0x21d0, 0x21d0},   {0x21d1, 0x21d1},   {0x21d3, 0x21d3},
     {0x21d5, 0x21f3},   {0x2300, 0x2307},   {0x230c, 0x231f},   {0x2322, 0x2328},
     {0x232b, 0x237b},   {0x237d, 0x239a},   {0x23b4, 0x23db},   {0x23e2, 0x2426},
     {0x2440, 0x244a},   {0x249c, 0x24e9},   {0x2500, 0x25b6},   {0x25b8, 0x25c0},
     {0x25c2, 0x25f7},   {0x2600, 0x266e},   {0x2670, 0x2767},   {0x2794, 0x27bf},
     {0x2800, 0x28ff},   {0x2b00, 0x2b2f},   {0x2b45, 0x2b45},   {0x2b46, 0x2b46},
     {0x2b4d, 0x2b73},   {0x2b76, 0x2b95},   {0x2b98, 0x2bc8},   {0x2bca, 0x2bfe},
     {0x2ce5, 0x2cea},   {0x2e80, 0x2e99},   {0x2e9b, 0x2ef3},   {0x2f00, 0x2fd5},
     {0x2ff0, 0x2ffb},   {0x3004, 0x3004},   {0x3012, 0x3012},   {0x3013, 0x3013},
     {0x3020, 0x3020},   {0x3036, 0x3036},   {0x3037, 0x3037},   {0x303e, 0x303e},
     {0x303f, 0x303f},   {0x3190, 0x3190},   {0x3191, 0x3191},   {0x3196, 0x319f},
     {0x31c0, 0x31e3},   {0x3200, 0x321e},   {0x322a, 0x3247},   {0x3250, 0x3250},
     {0x3260, 0x327f},   {0x328a, 0x32b0},   {0x32c0, 0x32fe},   {0x3300, 0x33ff},
     {0x4dc0, 0x4dff},   {0xa490, 0xa4c6},   {0xa828, 0xa82b},   {0xa836, 0xa836},
     {0xa837, 0xa837},   {0xa839, 0xa839},   {0xaa77, 0xaa79},   {0xfdfd, 0xfdfd},
     {0xffe4, 0xffe4},   {0xffe8, 0xffe8},   {0xffed, 0xffed},   {0xffee, 0xffee},
     {0xfffc, 0xfffc},   {0xfffd, 0xfffd},   {0x10137, 0x1013f}, {0x10179, 0x10189},
     {0x1018c, 0x1018e}, {0x10190, 0x1019b}, {0x101a0, 0x101a0}, {0x101d0, 0x101fc},
     {0x10877, 0x10877}, {0x10878, 0x10878}, {0x10ac8, 0x10ac8}, {0x1173f, 0x1173f},
     {0x16b3c, 0x16b3f}, {0x16b45, 0x16b45}, {0x1bc9c, 0x1bc9c}, {0x1d000, 0x1d0f5},
     {0x1d100, 0x1d126}, {0x1d129, 0x1d164}, {0x1d16a, 0x1d16c}, {0x1d183, 0x1d183},
     {0x1d184, 0x1d184}, {0x1d18c, 0x1d1a9}, {0x1d1ae, 0x1d1e8}, {0x1d200, 0x1d241},
     {0x1d245, 0x1d245}, {0x1d300, 0x1d356}, {0x1d800, 0x1d9ff}, {0x1da37, 0x1da3a},
     {0x1da6d, 0x1da74}, {0x1da76, 0x1da83}, {0x1da85, 0x1da85}, {0x1da86, 0x1da86},
     {0x1ecac, 0x1ecac}, {0x1f000, 0x1f02b}, {0x1f030, 0x1f093}, {0x1f0a0, 0x1f0ae},
     {0x1f0b1, 0x1f0bf}, {0x1f0c1, 0x1f0cf}, {0x1f0d1, 0x1f0f5}, {0x1f110, 0x1f16b},
     {0x1f170, 0x1f1ac}, {0x1f1e6, 0x1f202}, {0x1f210, 0x1f23b}, {0x1f240, 0x1f248},
     {0x1f250, 0x1f250}, {0x1f251, 0x1f251}, {0x1f260, 0x1f265}, {0x1f300, 0x1f3fa},
     {0x1f400, 0x1f6d4}, {0x1f6e0, 0x1f6ec}, {0x1f6f0, 0x1f6f9}, {0x1f700, 0x1f773},
     {0x1f780, 0x1f7d8}, {0x1f800, 0x1f80b}, {0x1f810, 0x1f847}, {0x1f850, 0x1f859},
     {0x1f860, 0x1f887}, {0x1f890, 0x1f8ad}, {0x1f900, 0x1f90b}, {0x1f910, 0x1f93e},
     {0x1f940, 0x1f970}, {0x1f973, 0x1f976}, {0x1f97a, 0x1f97a}, {0x1f97c, 0x1f9a2},
     {0x1f9b0, 0x1f9b9}, {0x1f9c0, 0x1f9c2}, {0x1f9d0, 0x1f9ff}, {0x1fa60, 0x1fa6d}}};

}  // namespace orch::score
