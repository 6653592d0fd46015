"""Ready-made triggers for the usual kinds of prompt, in Chinese and English."""

from msgspec import Struct


class Preset(Struct, frozen=True, kw_only=True):
    """One kind of prompt; `zh` and `en` are phrases that such prompts begin with."""

    name: str
    label_zh: str
    label_en: str
    zh: tuple[str, ...]
    en: tuple[str, ...]

    @property
    def trigger(self) -> str:
        """Return the phrases of both languages as a rule's trigger takes them."""
        return "|".join((*self.zh, *self.en))


PRESETS = (
    Preset(
        name="reasoning",
        label_zh="复杂推理",
        label_en="hard questions",
        zh=("深入思考", "仔细思考", "仔细想想", "一步一步", "逐步分析"),
        en=(
            "deep thinking",
            "think deeply",
            "think hard",
            "think step by step",
            "reason step by step",
        ),
    ),
    Preset(
        name="code",
        label_zh="编写代码",
        label_en="programming",
        zh=("写代码", "写一段代码", "写个函数", "写一个函数", "编程", "调试", "重构"),
        en=(
            "write code",
            "write a function",
            "write a script",
            "code:",
            "coding",
            "debug",
            "refactor",
        ),
    ),
    Preset(
        name="creative",
        label_zh="创意写作",
        label_en="creative writing",
        zh=("创意写作", "写一首诗", "写首诗", "写一个故事", "写个故事", "头脑风暴"),
        en=("creative", "write a story", "write a poem", "write a song", "brainstorm"),
    ),
    Preset(
        name="translate",
        label_zh="翻译",
        label_en="translation",
        zh=("翻译", "请翻译", "把这段翻译", "中译英", "英译中"),
        en=("translate", "please translate", "how do you say"),
    ),
    Preset(
        name="math",
        label_zh="数学",
        label_en="mathematics",
        zh=("数学", "计算", "求解", "解方程", "证明"),
        en=("math:", "maths:", "calculate", "compute", "solve", "prove that"),
    ),
    Preset(
        name="quick",
        label_zh="快速回答",
        label_en="short answers",
        zh=("快速回答", "简单回答", "简单说", "一句话"),
        en=("quick question", "quick answer", "briefly", "in one sentence", "tl;dr"),
    ),
)


def preset(name: str) -> Preset | None:
    """Return the preset of that name."""
    return next((preset for preset in PRESETS if preset.name == name), None)
