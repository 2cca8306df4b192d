"""The language of a column of texts in Latin letters, by its function words."""

import math

# Words of grammar that are common in one language and are no words of several others, folded, and
# written without accents, as most columns are read.
_FUNCTION_WORDS = {
    "english": "the of and with for from is are this that it by a an at in on to not",
    "german": "der die das und mit von ist nicht ein eine einer auf fur im den dem zu sich auch",
    "french": "le les une de des et avec du pour dans est sur au aux qui ne pas la ce l d",
    "spanish": "el los las y de con del una por para es que en la su lo al como",
    "portuguese": "o os as e de com do da dos das um uma em no na para nao que ao",
    "italian": "il gli e con di della del dei un una per che non nel sono al la lo",
    "dutch": "de het een en met van voor op niet zijn dat aan te bij",
    "swedish": "och med en ett av for som pa till den det ar inte",
    "danish": "og med en et af for som pa til den det er ikke",
    "norwegian": "og med en et av for som pa til den det er ikke",
    "finnish": "ja on ei se kanssa joka oli myos mutta kun",
    "polish": "i z w na do nie sie jest za od dla przez oraz ze",
    "czech": "a s v na se je z do pro ze za od nebo jako",
    "turkish": "ve ile bir bu icin da de olan daha gibi",
    "hungarian": "a az es egy nem hogy is van meg vagy ezt",
    "romanian": "si cu de la in pe un o din pentru este care nu al",
    "indonesian": "dan yang di dengan untuk dari ini itu pada tidak adalah",
    "catalan": "el els les i de amb del una per que en dels la al no",
}
_LISTS = {name: frozenset(words.split()) for name, words in _FUNCTION_WORDS.items()}
# A language is believed where its words are so large a share of all words, weigh so much more than
# those of English, and are several: "a" alone is a word of many.
_SHARE, _LEAD, _FEWEST, _DISTINCT = 0.02, 1.5, 10, 3


def latin_language(words, totals):
    """The language whose function words are the commonest; English unless another leads clearly.

    `totals` says how often each of the words occurs.
    """
    latin = {w: n for w, n in zip(words, totals) if w.isascii() and w.isalpha()}
    n_words = sum(latin.values())
    counts = {name: [latin.get(w, 0) for w in list_] for name, list_ in _LISTS.items()}
    # By roots, so that no single word which several languages share, such as "de", decides.
    weight = {name: sum(map(math.sqrt, found)) for name, found in counts.items()}
    best = max(weight, key=weight.get)
    clear = sum(counts[best]) >= max(_FEWEST, _SHARE * n_words)
    clear = clear and sum(map(bool, counts[best])) >= _DISTINCT
    return best if clear and weight[best] >= _LEAD * weight["english"] else "english"
