"""Words of the generated comments, in English and Chinese.

For every factor the levels go from low to high; the words within a level are
synonyms. No word belongs to two levels of a language.
"""

CATEGORIES = (
    "lamp",
    "kettle",
    "clock",
    "bell",
    "drum",
    "vase",
    "toy",
    "fan",
    "radio",
    "bag",
    "blanket",
    "whistle",
)

NOUNS = {
    "en": (
        ("lamp", "lantern"),
        ("kettle", "teapot"),
        ("clock", "timepiece"),
        ("bell", "chime"),
        ("drum", "tambourine"),
        ("vase", "flowerpot"),
        ("toy", "puppet"),
        ("fan", "ventilator"),
        ("radio", "receiver"),
        ("bag", "backpack"),
        ("blanket", "quilt"),
        ("whistle", "flute"),
    ),
    "zh": (
        ("台灯", "灯笼"),
        ("水壶", "茶壶"),
        ("时钟", "挂钟"),
        ("铃铛", "风铃"),
        ("小鼓", "手鼓"),
        ("花瓶", "花盆"),
        ("玩具", "玩偶"),
        ("风扇", "电扇"),
        ("收音机", "音响"),
        ("手提包", "背包"),
        ("毯子", "被子"),
        ("哨子", "笛子"),
    ),
}

LEVELS = {
    "en": {
        "tone": (
            ("red", "scarlet", "crimson"),
            ("orange", "tangerine", "apricot"),
            ("yellow", "golden", "lemon"),
            ("green", "emerald", "grassy"),
            ("turquoise", "teal", "aqua"),
            ("blue", "navy", "cobalt"),
            ("violet", "purple", "lilac"),
        ),
        "slant": (
            ("horizontal", "level", "lying"),
            ("tilted", "leaning", "sloping"),
            ("diagonal", "oblique", "slanted"),
            ("steep", "climbing", "sharp"),
            ("vertical", "upright", "standing"),
        ),
        "size": (
            ("tiny", "miniature", "minute"),
            ("small", "compact", "handy"),
            ("medium", "average", "ordinary"),
            ("large", "big", "roomy"),
            ("huge", "giant", "enormous"),
        ),
        "light": (
            ("dark", "gloomy", "murky"),
            ("dim", "muted", "shaded"),
            ("mellow", "balanced", "mild"),
            ("bright", "clear", "luminous"),
            ("dazzling", "brilliant", "glaring"),
        ),
        "grain": (
            ("smooth", "silky", "polished"),
            ("fine", "even", "satin"),
            ("textured", "matte", "woven"),
            ("rough", "grainy", "coarse"),
            ("gritty", "scratchy", "rugged"),
        ),
        "pace": (
            ("calm", "still", "tranquil"),
            ("slow", "relaxed", "gentle"),
            ("steady", "regular", "measured"),
            ("lively", "brisk", "quick"),
            ("frantic", "hectic", "wild"),
        ),
    },
    "zh": {
        "tone": (
            ("红色", "大红", "绯红"),
            ("橙色", "橘色", "杏色"),
            ("黄色", "金黄", "柠檬黄"),
            ("绿色", "翠绿", "草绿"),
            ("青色", "青绿", "蓝绿"),
            ("蓝色", "深蓝", "宝蓝"),
            ("紫色", "淡紫", "紫罗兰"),
        ),
        "slant": (
            ("水平", "横向", "平躺"),
            ("微斜", "略倾", "缓坡"),
            ("对角", "斜向", "倾斜"),
            ("陡斜", "陡峭", "高耸"),
            ("垂直", "竖直", "直立"),
        ),
        "size": (
            ("迷你", "袖珍", "极小"),
            ("小巧", "紧凑", "轻便"),
            ("中等", "适中", "普通"),
            ("宽大", "大号", "偏大"),
            ("巨大", "超大", "庞大"),
        ),
        "light": (
            ("昏暗", "暗沉", "漆黑"),
            ("偏暗", "暗淡", "低调"),
            ("柔和", "温和", "均衡"),
            ("明亮", "清亮", "透亮"),
            ("耀眼", "刺眼", "夺目"),
        ),
        "grain": (
            ("光滑", "丝滑", "顺滑"),
            ("细腻", "平整", "匀净"),
            ("磨砂", "哑光", "织纹"),
            ("粗糙", "颗粒", "毛糙"),
            ("粗砺", "扎手", "坑洼"),
        ),
        "pace": (
            ("安静", "平静", "宁静"),
            ("缓慢", "舒缓", "悠闲"),
            ("平稳", "稳定", "匀速"),
            ("活泼", "轻快", "欢快"),
            ("急促", "狂热", "热烈"),
        ),
    },
}

SENTENCES = {
    "en": {
        "tone": ("the colour is {}", "it came in {}", "overall {}"),
        "slant": ("the stripes are {}", "it has {} lines", "the pattern looks {}"),
        "size": ("it is {}", "the {} one", "the format is {}"),
        "light": ("the look is {}", "it seems rather {}", "quite {} to me"),
        "grain": ("the surface is {}", "it feels {}", "the finish is {}"),
        "pace": ("the rhythm is {}", "it sounds {}", "its character is {}"),
    },
    "zh": {
        "tone": ("颜色是{}的", "买的是{}款", "整体{}很好看"),
        "slant": ("条纹是{}的", "线条比较{}", "花纹看起来{}"),
        "size": ("尺寸{}", "个头{}", "大小是{}的"),
        "light": ("看上去{}", "感觉很{}", "光泽{}"),
        "grain": ("表面{}", "摸起来{}", "手感{}"),
        "pace": ("节奏{}", "声音{}", "风格{}"),
    },
}

OPENINGS = {
    "en": (
        "bought this {} last week",
        "my new {} arrived",
        "the {} is for my sister",
        "this {} is ours",
    ),
    "zh": ("上周买了这个{}", "新的{}到了", "送给妹妹的{}", "家里用的{}"),
}

ANYTHING = {"en": ("thing", "piece", "item"), "zh": ("东西", "商品", "小物")}

FILLERS = {
    "en": (
        "delivery took three days",
        "the box was well packed",
        "would buy again",
        "fair for the money",
        "my friends asked about it",
        "the seller answered at once",
        "we use it every weekend",
        "not sure about the handle",
        "it matches the photos",
        "second purchase already",
        "customer service was kind",
        "no complaints so far",
    ),
    "zh": (
        "快递三天就到了",
        "包装很结实",
        "会再次购买",
        "价格合理",
        "朋友都来问链接",
        "卖家回复很快",
        "周末经常用",
        "把手一般",
        "和照片一样",
        "已经是第二次买",
        "客服态度好",
        "目前没有问题",
    ),
}
