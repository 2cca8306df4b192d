"""Words that say little about what a text is about."""

# Articles, pronouns, auxiliaries, prepositions and conjunctions, with the parts that an apostrophe
# leaves. Not among them are negations, numbers, and words that name things too or tell them apart:
# can, may, might, mine, us, own, off, under, over, down, up, out; single letters but "a" and "i".
_ENGLISH = (
    "a an the this that these those "
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself "
    "she her hers herself it its itself they them their theirs themselves "
    "who whom whose which what when where why how "
    "am is are was were be been being have has had having do does did doing will would shall "
    "should could must "
    "of at by for with from to into onto in on about between through during upon within among "
    "via per as than "
    "and or but if because while until although though unless since so whether nor "
    "there here then thus hence therefore however such very too also just only "
    "some any each every both either other another "
    "im ive youre youve theyre weve hes shes thats theres re ve ll"
)
ENGLISH_STOP_WORDS = frozenset(_ENGLISH.split())

# Particles, pronouns, prepositions and conjunctions, simplified and traditional. Not among them
# are the negations (不 没 无), which turn the meaning, and characters that are common words too.
CHINESE_STOP_CHARACTERS = frozenset(
    "的了着是在和与及或而且但并也都就才又还很则即若虽"
    "我你您他她它们咱自己这那哪此其之每各些个么谁"
    "于以为因所由从自被把将对向给让使跟比至当"
    "吗呢吧啊呀嘛哦啦哇嗯咯呗"
    "與並還則雖們這個麼誰於為從將對給讓嗎當"
)

NAMED_LISTS = ("english", "chinese")


def expand_stop_words(stop_words):
    """Words to leave out, and the characters of which terms to leave out consist.

    In a collection the names of the lists stand for these; a str must be such a name.
    """
    if isinstance(stop_words, str):
        if stop_words not in NAMED_LISTS:
            raise ValueError(
                "stop_words must be 'english', 'chinese', a collection of words and of these "
                f"names, or None; got {stop_words!r}."
            )
        stop_words = [stop_words]
    given = list(stop_words or ())
    words = [word for word in given if word not in NAMED_LISTS]
    if "english" in given:
        words.extend(ENGLISH_STOP_WORDS)
    return words, CHINESE_STOP_CHARACTERS if "chinese" in given else frozenset()
