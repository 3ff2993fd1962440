"""The conversation around the report as plain values: the way in, enterprises, the seat, opening and leaving it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs import conversation, filling
from dialogs.account import LookAtAccount
from dialogs.conversation import (
    BindPhone,
    Bound,
    Contact,
    Language,
    ListPeriods,
    Odd,
    Opened,
    Periods,
    SeatLost,
    SetLanguage,
    SetName,
    State,
    pack_state,
    unpack_state,
)
from dialogs.enterprises import (
    Card,
    Compare,
    Compared,
    Enterprises,
    Linked,
    LinkEnterprise,
    Linking,
    ListEnterprises,
    Pick,
    Registered,
    SendLink,
)
from dialogs.filling import Answer, Choose, Cursor, Filling, GoTo, Review, Submission
from dialogs.home import Facts, Person
from dialogs.offices import CATEGORIES, DISTRICTS
from dialogs.periods import Period
from dialogs.places import (
    Apply,
    AtHome,
    CannotOpen,
    Fill,
    Help,
    LinkNew,
    Naming,
    Open,
    OpenReport,
    Said,
    ShowEnterprise,
    ShowEnterprises,
    ShowPeriods,
    ShowPrivacy,
    Start,
    Welcome,
)
from dialogs.report import Report, ReportState, report_seal
from dialogs.seats import Claim, LookAtSeat, SeatClaimed, SeatFree, SeatTaken, TakeSeat
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Event, Home, Late, Page, Pause, Turn, text
from tests.forms_data import (
    DECEMBER,
    ENTERPRISE,
    FORM_2021,
    FORMS,
    JANUARY,
    NOW,
    REPORTER,
    TYPED_2020,
    TYPED_2021,
    blank,
    buttons,
    desk,
    full,
    labels,
    pressed,
    written,
)

CODE = "91110000600037341L"
NOBODY = Facts(NOW)
NAMELESS = Facts(NOW, Person(REPORTER, ""))
KNOWN = Facts(NOW, Person(REPORTER, "王小明"))
AT_DESK = replace(KNOWN, desk=desk(FORM_2021))
FOUND = Registered(CODE, "前沿科技有限公司", "李雷")
FIELDS = ("code", "name", "representative", "district", "category", "address", "phone", "sure")
SENTENCE = {
    id_: write_out(text(id_), "zh-CN") for id_ in ("not-understood", "button-old", "home", "welcome", "ask-name")
}


def step(state: State, event: Event | str, facts: Facts = KNOWN) -> Turn[State]:
    """Take a step; a string is what somebody typed."""
    return conversation.step(state, Said(event) if isinstance(event, str) else event, facts)


def said(turn: Turn[State]) -> str:
    """Return all that a turn says."""
    return "\n\n".join(written(page) for page in turn.pages)


def last(turn: Turn[State]) -> Page:
    """Return the last page of a turn."""
    return turn.pages[-1]


# ---- the way in


@pytest.mark.parametrize(
    "event", [Start(), Home(), "/start", "你好", "12", Fill(), Open(7), Late(Claim(7)), Help(), Odd("voice")]
)
def test_who_is_not_known_is_asked_for_the_phone_number_whatever_comes(event: Event | str) -> None:
    turn = step(Welcome(), event, NOBODY)
    assert isinstance(turn.state, Welcome)
    assert not turn.effects
    if event != Help():
        assert SENTENCE["welcome"] in said(turn)
        assert "仅供“中小企业办”运行分析监测专用" in said(turn)
        label = last(turn).ask_contact
        assert label
        assert write_out(label, "zh-CN") == "验证手机号"


def test_the_way_in() -> None:
    turn = step(Welcome(), Contact("+8613800138000"), NOBODY)
    assert turn.effects == (BindPhone("+8613800138000"),)
    turn = step(turn.state, Bound(""), NAMELESS)
    assert said(turn).startswith("手机号已验证。")
    assert SENTENCE["ask-name"] in said(turn)
    assert turn.state == Naming()
    turn = step(turn.state, "王小明", NAMELESS)
    assert turn.effects == (SetName("王小明"),)
    assert turn.state == AtHome()
    assert said(turn).startswith("好的，王小明。")
    assert labels(last(turn)) == ["数据填报", "填报列表", "关联企业", "帮助"]


def test_the_same_person_comes_back() -> None:
    turn = step(Welcome(), Bound("王小明"), KNOWN)
    assert said(turn).startswith("王小明，欢迎回来。")
    assert turn.state == AtHome()


def test_a_contact_that_is_not_the_senders_own_is_refused() -> None:
    turn = step(Welcome(), Contact(""), NOBODY)
    assert turn.refused
    assert not turn.effects
    assert said(turn).startswith("只能使用您本人的中国大陆手机号码验证。")
    assert last(turn).ask_contact


@pytest.mark.parametrize("typed", ["13800138000", "王", "😀", "王²", "", "a" * 41])
def test_what_is_no_name_is_asked_again(typed: str) -> None:
    turn = step(Naming(), typed, NAMELESS)
    assert turn.refused
    assert not turn.effects
    assert said(turn) == f"没有读懂这个姓名。请只输入姓名，例如：王小明。\n\n{SENTENCE['ask-name']}"


@pytest.mark.parametrize("event", [Start(), Home(), Fill(), LinkNew(), Open(7), Late(Claim(7)), "/report"])
@pytest.mark.parametrize("state", [Naming(), AtHome(), Linking()])
def test_without_a_name_nothing_else_begins(state: State, event: Event | str) -> None:
    turn = step(state, event, NAMELESS)
    assert turn.state == Naming()
    assert not turn.effects
    assert said(turn) == SENTENCE["ask-name"]


# ---- commands, words, language


@pytest.mark.parametrize(
    ("typed", "effect"),
    [
        ("/report", ListEnterprises(to_fill=True)),
        ("/report@tianbao_bot", ListEnterprises(to_fill=True)),
        ("/REPORT@tianbao_bot now", ListEnterprises(to_fill=True)),
        (" /report ", ListEnterprises(to_fill=True)),
        ("/enterprises", ListEnterprises()),
        ("数据填报", ListEnterprises(to_fill=True)),
        ("Fill the report", ListEnterprises(to_fill=True)),
        ("fill the REPORT", ListEnterprises(to_fill=True)),
        ("关联企业", ListEnterprises()),
        ("申请填报员", ListEnterprises()),
        ("Apply as reporter", ListEnterprises()),
        ("补填", ListEnterprises()),
        ("English", SetLanguage("en")),
        ("简体中文", SetLanguage("zh-CN")),
    ],
)
@pytest.mark.parametrize("state", [AtHome(), Linking(), Linking("address", CODE, "某公司", "李雷")])
def test_commands_and_the_words_of_buttons(state: State, typed: str, effect: object) -> None:
    assert step(state, typed).effects == (effect,)


@pytest.mark.parametrize("typed", ["/help", "/nonsense", "/", "/@bot", "/\u200b", "帮助", "help", "Help"])
def test_help_and_unknown_commands_tell_the_commands(typed: str) -> None:
    for state in (AtHome(), Linking("name", CODE)):
        turn = step(state, typed)
        assert "/report 数据填报" in said(turn)
        assert turn.state == state


@pytest.mark.parametrize("typed", ["/cancel", "/start", "取消", "首页", "cancel"])
def test_the_way_home(typed: str) -> None:
    for state in (AtHome(), Linking("name", CODE), Filling(blank(JANUARY))):
        turn = step(state, typed, AT_DESK)
        assert turn.state == AtHome()
        assert said(turn) == SENTENCE["home"]


def test_what_is_typed_at_home_is_not_understood() -> None:
    turn = step(AtHome(), "你好")
    assert turn.refused
    assert said(turn) == f"{SENTENCE['not-understood']}\n\n{SENTENCE['home']}"


def test_a_language_is_offered_and_chosen() -> None:
    turn = step(AtHome(), "/language")
    assert labels(last(turn)) == list(LANGUAGES.values())
    turn = step(AtHome(), pressed(last(turn), "English"))
    assert turn.effects == (SetLanguage("en"),)
    assert written(last(turn), "en").startswith("The language is English now.")
    assert labels(last(step(AtHome(), Language("tlh")))) == list(LANGUAGES.values())


def test_privacy_is_told_to_everybody() -> None:
    assert "手机号、真实姓名" in said(step(Welcome(), ShowPrivacy(), NOBODY))
    for state, facts in ((Naming(), NAMELESS), (AtHome(), KNOWN), (Filling(blank(JANUARY)), AT_DESK)):
        turn = step(state, ShowPrivacy(), facts)
        assert turn.effects == (LookAtAccount(),)
        assert turn.state == state


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("edited", "修改以前的消息不会改动已存的内容。"),
        ("sticker", "贴图读不出数字。"),
        ("voice", "暂时听不了语音。"),
        ("media", "图片和文件在这一步用不上。"),
        ("other", "这种消息读不了。"),
        ("hologram", "这种消息读不了。"),
    ],
)
def test_what_is_no_answer_gets_a_helpful_word_and_the_same_page(kind: str, says: str) -> None:
    for state, facts in ((AtHome(), KNOWN), (Linking("name", CODE), KNOWN), (Filling(blank(JANUARY)), AT_DESK)):
        turn = step(state, Odd(kind), facts)
        assert turn.refused
        assert turn.state == state
        assert said(turn).startswith(says)
        assert said(turn).endswith(written(conversation.page_of(state, facts)))


# ---- linking an enterprise


def test_linking_an_enterprise() -> None:
    turn = step(AtHome(), LinkNew())
    assert said(turn) == "请输入统一社会信用代码（18 位）。"
    turn = step(turn.state, f" {CODE.lower()} ")
    assert said(turn) == "请输入企业名称（与营业执照一致）。"
    turn = step(turn.state, "前沿科技有限公司")
    assert said(turn) == "请输入法定代表人姓名。"
    turn = step(turn.state, "李雷")
    assert turn.effects == (Compare(CODE, "前沿科技有限公司", "李雷"),)
    turn = step(turn.state, Compared(FOUND, 5))
    assert said(turn).startswith("与法人库比对成功")
    assert set(DISTRICTS) < set(labels(last(turn)))
    turn = step(turn.state, pressed(last(turn), "徐汇"))
    assert labels(last(turn)) == [*CATEGORIES, "取消"]
    turn = step(turn.state, "专精特新")
    assert said(turn) == "请输入企业地址。"
    turn = step(turn.state, "漕溪北路 336 号 1 号楼")
    turn = step(turn.state, "021-64872222-3593")
    for line in (
        f"代码：{CODE}",
        "企业名称：前沿科技有限公司",
        "李雷",
        "所在区：徐汇",
        "专精特新",
        "336 号",
        "021 6487 2222",
    ):
        assert line in said(turn)
    for event in ("提交关联", pressed(last(turn), "提交关联")):
        sent = step(turn.state, event)
        (effect,) = sent.effects
        assert isinstance(effect, LinkEnterprise)
        assert effect.linking == turn.state
    turn = step(turn.state, Linked(7, "前沿科技有限公司"))
    assert said(turn) == "已关联：前沿科技有限公司。"
    assert turn.state == AtHome()
    assert step(turn.state, pressed(last(turn), "申请填报员")).effects == (LookAtSeat(7),)


@pytest.mark.parametrize(
    ("asking", "typed"),
    [
        ("code", "9111000060003734"),
        ("code", "91110000600037341M"),
        ("name", "。"),
        ("name", "长" * 201),
        ("representative", "\u200b"),
        ("district", "苏州"),
        ("category", "上市公司"),
        ("address", ""),
        ("address", "长" * 201),
        ("phone", "没有"),
        ("phone", "12345"),
        ("sure", "好的"),
        ("sure", ""),
    ],
)
def test_a_field_that_cannot_be_read_is_asked_again(asking: str, typed: str) -> None:
    state = Linking(asking, CODE, "某公司", "李雷", "徐汇")
    turn = step(state, typed)
    assert turn.refused
    assert turn.state == state
    assert not turn.effects
    assert said(turn).startswith(write_out(text(f"unread-link-{asking}"), "zh-CN"))
    assert said(turn).endswith(written(conversation.page_of(state, KNOWN)))


@pytest.mark.parametrize(
    ("asking", "typed", "value"),
    [
        ("code", "９１１１００００６０００３７３４１Ｌ", CODE),
        ("name", " 前沿\n科技 ", "前沿 科技"),
        ("district", "徐汇区", "徐汇"),
        ("district", "浦东新区", "浦东"),
        ("category", " 其他 ", "其他"),
        ("phone", "１３８００１３８０００", "138 0013 8000"),
    ],
)
def test_a_field_is_read_tolerantly(asking: str, typed: str, value: str) -> None:
    turn = step(Linking(asking, CODE), typed)
    assert getattr(turn.state, asking) == value
    assert not turn.refused


def test_what_the_registry_knows_is_offered_first() -> None:
    state = Linking("representative", CODE, "前沿科技有限公司", "")
    turn = step(state, Compared(replace(FOUND, district="青浦", category="其他", phone="021 6487 2222"), 5))
    assert labels(last(turn))[0] == "青浦"
    assert len(labels(last(turn))) == len(DISTRICTS) + 1
    turn = step(turn.state, pressed(last(turn), "青浦"))
    turn = step(turn.state, "其他")
    turn = step(turn.state, "漕溪北路 336 号")
    assert labels(last(turn)) == ["021 6487 2222", "取消"]
    turn = step(turn.state, pressed(last(turn), "021 6487 2222"))
    assert "联系电话：021 6487 2222" in said(turn)


def test_a_failed_comparison_says_so_without_which_field_and_offers_another_try() -> None:
    turn = step(Linking("representative", CODE, "某公司"), Compared(None, 3))
    assert turn.refused
    assert turn.state == AtHome()
    assert said(turn).startswith("与法人库比对未通过，未能关联。")
    assert "24 小时内还可以试 3 次" in said(turn)
    assert "电话：64225233" in said(turn)
    assert step(turn.state, pressed(last(turn), "增加关联企业")).state == Linking()


def test_after_the_last_try_it_is_over_for_today() -> None:
    turn = step(Linking("representative", CODE, "某公司"), Compared(None, 0))
    assert said(turn).startswith("您的比对次数已用完")
    assert labels(last(turn)) == ["首页"]


@pytest.mark.parametrize(
    "event",
    [
        Pick("district", "徐汇"),
        Pick("category", "其他"),
        Pick("nonsense", ""),
        SendLink(),
        Late(SendLink()),
        Choose("hiring", "from_90"),
    ],
)
def test_a_button_of_another_field_changes_nothing(event: Event) -> None:
    state = Linking("address", CODE, "某公司", "李雷", "徐汇", "其他")
    turn = step(state, event)
    assert turn.refused
    assert turn.state == state
    assert said(turn).startswith(SENTENCE["button-old"])


@pytest.mark.parametrize("event", [Pick("district", "火星"), Pick("district", "")])
def test_a_forged_choice_is_not_taken(event: Event) -> None:
    turn = step(Linking("district", CODE), event)
    assert turn.refused
    assert turn.state == Linking("district", CODE)


# ---- enterprises and seats

MINE, FREE, TAKEN = (
    Card(number, f"企业{number}", CODE, seat) for number, seat in enumerate(("mine", "free", "taken"), 1)
)


def test_no_enterprise_yet() -> None:
    for to_fill in (True, False):
        turn = step(AtHome(), Enterprises((), to_fill))
        assert said(turn) == "您还没有关联企业。请先点击“增加关联企业”。"
        assert step(AtHome(), pressed(last(turn), "增加关联企业")).state == Linking()


def test_the_list_of_enterprises_offers_what_can_be_done_with_each() -> None:
    turn = step(AtHome(), Enterprises((MINE, FREE, TAKEN), to_fill=False))
    assert said(turn).splitlines() == [
        "已关联企业：",
        f"1. 企业1（{CODE}）— 填报员：本人",
        f"2. 企业2（{CODE}）— 尚无填报员",
        f"3. 企业3（{CODE}）— 已有填报员",
    ]
    assert labels(last(turn)) == [
        *("1. 数据填报", "1. 更多", "2. 申请填报员", "2. 更多", "3. 申请填报员", "3. 更多"),
        "增加关联企业",
    ]
    events = [button.event for button in buttons(last(turn))]
    assert events == [
        *(Open(1), ShowEnterprise(1), Apply(2), ShowEnterprise(2), Apply(3), ShowEnterprise(3)),
        LinkNew(),
    ]


def test_to_fill_with_one_seat_opens_what_is_due() -> None:
    turn = step(AtHome(), Enterprises((MINE, FREE), to_fill=True))
    assert turn.effects == (OpenReport(1, JANUARY),)


def test_to_fill_with_several_seats_asks_which() -> None:
    others = (replace(MINE, id=4, name="企业4", state="draft"), replace(MINE, id=5, name="企业5", state="returned"))
    turn = step(AtHome(), Enterprises((replace(MINE, state="submitted"), *others, FREE), to_fill=True))
    # What is submitted comes last.
    assert labels(last(turn)) == ["企业4　暂存", "企业5　退回修改", "企业1　已提交"]
    assert said(turn) == "2021-01 期，请选择要填报的企业："
    assert step(AtHome(), pressed(last(turn), "企业4　暂存")).effects == (OpenReport(4, JANUARY),)


def test_who_files_for_several_goes_on_with_the_next_from_the_receipt() -> None:
    for several in (True, False):
        at_desk = replace(desk(FORM_2021), several=several)
        state = Filling(full(JANUARY, TYPED_2021))
        receipt = filling.step(state, filling.Confirm(report_seal(state.report, FORM_2021)), at_desk)
        assert ("填报下一家" in labels(last(receipt))) is several  # type: ignore[arg-type]


def test_to_fill_without_a_seat_says_to_apply_first() -> None:
    turn = step(AtHome(), Enterprises((FREE, TAKEN), to_fill=True))
    assert said(turn).startswith("您还不是填报员，请先申请。")
    assert "1. 申请填报员" in labels(last(turn))


def test_a_free_seat_is_claimed() -> None:
    turn = step(AtHome(), Apply(7))
    assert turn.effects == (LookAtSeat(7),)
    turn = step(turn.state, SeatFree(7, "前沿科技有限公司"))
    assert said(turn) == "确定申请成为“前沿科技有限公司”的运行监测数据填报员吗？"
    turn = step(turn.state, pressed(last(turn), "确定"))
    assert turn.effects == (TakeSeat(7),)
    turn = step(turn.state, SeatClaimed(7, "前沿科技有限公司"))
    assert said(turn).startswith("申请成功。")
    assert step(turn.state, pressed(last(turn), "数据填报")).effects == (OpenReport(7, JANUARY),)


def test_a_taken_seat_names_the_reporter_and_the_ways_out() -> None:
    turn = step(AtHome(), SeatTaken(7, "前沿科技有限公司", "张三", "徐汇", mine=False))
    assert said(turn).startswith("当前企业已有填报员（张三）。")
    assert "填报人更换" in said(turn)
    assert "y64173407@126.com" in said(turn)
    assert "徐汇　电话：64872222-3593、64860557" in said(turn)
    elsewhere = step(AtHome(), SeatTaken(7, "前沿科技有限公司", "张三", "火星", mine=False))
    assert "上海市中小企业发展服务中心" in said(elsewhere)


def test_the_own_seat_is_no_news() -> None:
    turn = step(AtHome(), SeatTaken(7, "前沿科技有限公司", "王小明", "徐汇", mine=True))
    assert said(turn) == "您已经是“前沿科技有限公司”的填报员。"
    assert labels(last(turn)) == ["数据填报"]


def test_a_lost_seat_leads_home() -> None:
    turn = step(Filling(blank(JANUARY)), SeatLost(), KNOWN)
    assert turn.state == AtHome()
    assert turn.refused
    assert said(turn).startswith("您已不是这家企业的填报员，刚才的内容没有保存。")


# ---- periods and reports


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2021, 1, 31, 15, 59, 59, tzinfo=UTC), Period(2020, 12)),
        (datetime(2021, 1, 31, 16, 0, tzinfo=UTC), JANUARY),
    ],
)
def test_the_period_that_is_due_is_opened(now: datetime, due: Period) -> None:
    assert step(AtHome(), Open(7), replace(KNOWN, now=now)).effects == (OpenReport(7, due),)


def test_the_periods_that_may_be_filled_with_their_states() -> None:
    assert step(AtHome(), ShowPeriods(7)).effects == (ListPeriods(7),)
    states = {"2021-01": "draft", "2020-12": "submitted", "2020-11": "returned", "2019-05": "submitted"}
    turn = step(AtHome(), Periods(7, "前沿科技有限公司", states))
    assert labels(last(turn))[:4] == ["2021-01 暂存", "2020-12 已提交", "2020-11 退回修改", "2020-10 未填报"]
    assert labels(last(turn))[-1] == "2020-01 未填报"
    assert step(AtHome(), pressed(last(turn), "2020-12 已提交")).effects == (OpenReport(7, DECEMBER),)


@pytest.mark.parametrize("period", ["2021-13", "nonsense", "0000-01", "２０２１-01"])
def test_what_is_no_period_is_not_opened(period: str) -> None:
    turn = step(AtHome(), Open(7, period))
    assert turn.refused
    assert said(turn).startswith("这一期现在不能填报。")


@pytest.mark.parametrize(
    ("why", "says"),
    [("seat", "您还不是填报员，请先申请。"), ("period", "这一期现在不能填报。"), ("form", "这一期没有可用的报表")],
)
def test_why_a_report_is_not_opened(why: str, says: str) -> None:
    turn = step(AtHome(), CannotOpen(why))
    assert turn.refused
    assert turn.state == AtHome()
    assert said(turn).startswith(says)


def test_a_new_report_a_draft_a_complete_one_and_a_submitted_one_are_opened() -> None:
    place = desk(FORM_2021)
    title = "【前沿科技有限公司】运行监测月度报表 2021-01 期"
    turn = step(AtHome(), Opened(blank(JANUARY), place))
    assert said(turn).startswith(f"{title}\n共 27 项，随时可以离开，已填的内容都会保留。\n\n【1/27】营业收入")
    assert turn.state == Filling(blank(JANUARY), Cursor("item", "operating_revenue"))
    assert step(turn.state, pressed(last(turn), "补填"), AT_DESK).effects == (ListPeriods(ENTERPRISE.id),)

    draft = filling.step(Filling(blank(JANUARY)), Answer("operating_revenue", "12 12 12 2"), place).state.report
    turn = step(AtHome(), Opened(draft, place))
    assert said(turn).startswith(f"{title}\n接着填：还剩 27 项。\n\n【2/27】利润总额")

    complete = full(JANUARY, TYPED_2021)
    turn = step(AtHome(), Opened(complete, place))
    assert said(turn).count(title) == 1
    assert "还剩" not in said(turn)
    assert said(turn).endswith("请核对以上内容，无误后提交。")

    confirmed = filling.step(Filling(complete), filling.Confirm(report_seal(complete, FORM_2021)), place).state.report
    turn = step(AtHome(), Opened(confirmed, place))
    assert said(turn).count(title) == 1
    assert "回执号：202101-" in said(turn)
    assert "补填" not in labels(last(turn))


def test_leaving_and_coming_back() -> None:
    for event in (Pause(), "暂存", "save AND leave"):
        turn = step(Filling(blank(JANUARY)), event, AT_DESK)
        assert said(turn) == "已暂存 2021-01 期，还剩 27 项。回来时从这里继续。"
        assert turn.state == AtHome()
        assert step(turn.state, pressed(last(turn), "继续填报")).effects == (OpenReport(ENTERPRISE.id, JANUARY),)


def test_nothing_is_kept_of_a_submitted_report_on_leaving_it() -> None:
    submitted = replace(full(JANUARY, TYPED_2021), state=ReportState.SUBMITTED)
    assert said(step(Filling(submitted), Pause(), AT_DESK)) == SENTENCE["home"]
    assert said(step(AtHome(), Pause())) == SENTENCE["home"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("12 12 12 2", "✔ 已存「营业收入」"),
        ("说明", "「营业收入」每月利润表中"),
        ("Explain", "「营业收入」每月利润表中"),
        ("上一项", "已经是第一项了。"),
        ("跳过", "「营业收入」是必填项，不能跳过"),
        ("修改", "要修改哪一项？"),
        ("查看", "【前沿科技有限公司】运行监测月度报表 2021-01 期"),
        ("继续填报", "【1/27】营业收入"),
        ("返回", "【1/27】营业收入"),
        ("提交", "还不能提交："),
        ("确认提交", "还不能提交："),
        ("submit", "还不能提交："),
        ("确认", "没有读懂“确认”。"),
        ("你好", "没有读懂“你好”。"),
    ],
)
@pytest.mark.parametrize("cursor", [None, Cursor("item", "operating_revenue")])
def test_what_is_typed_at_an_item(typed: str, says: str, cursor: Cursor | None) -> None:
    assert said(step(Filling(blank(JANUARY), cursor), typed, AT_DESK)).startswith(says)


def test_other_periods_of_the_enterprise_on_the_desk_by_word() -> None:
    assert step(Filling(blank(JANUARY)), "补填", AT_DESK).effects == (ListPeriods(ENTERPRISE.id),)


def test_submitting_by_typing_alone() -> None:
    state: State = Filling(full(JANUARY, TYPED_2021))
    turn = step(state, "提交", AT_DESK)
    assert "提交后不可修改" in said(turn)
    assert said(step(turn.state, "返回", AT_DESK)).endswith("请核对以上内容，无误后提交。")
    turn = step(turn.state, "确认提交", AT_DESK)
    (effect,) = turn.effects
    assert isinstance(effect, Submission)
    assert said(turn).startswith("✔ 提交成功")
    again = step(turn.state, "确认提交", AT_DESK)
    assert not again.effects
    assert effect.receipt.number in said(again)


def test_the_typed_confirmation_is_for_what_was_shown() -> None:
    turn = step(Filling(full(JANUARY, TYPED_2021)), "提交", AT_DESK)
    assert isinstance(turn.state, Filling)
    # Meanwhile another figure was entered on another device.
    elsewhere = filling.step(Filling(turn.state.report), Answer("employees", "44 40"), desk(FORM_2021)).state.report
    turn = step(replace(turn.state, report=elsewhere), "确认提交", AT_DESK)
    assert not turn.effects
    assert said(turn).startswith("内容在此之后有变化，请再看一遍。")


@pytest.mark.parametrize("word", ["确认，保留", "确认", "对", "是的", "Yes", "ok"])
def test_a_suspicious_figure_is_kept_by_a_word(word: str) -> None:
    facts = replace(KNOWN, desk=desk(FORMS.version("2020-01")))
    turn = step(Filling(blank(DECEMBER)), "1000000 90 1000000 1100", facts)
    assert "相差数千倍" in said(turn)
    turn = step(turn.state, word, facts)
    assert said(turn).startswith("✔ 已记下说明。")


@pytest.mark.parametrize("word", ["确认，保留", "确认", "是"])
def test_a_figure_that_wants_a_reason_is_not_kept_by_a_word(word: str) -> None:
    report = full(JANUARY, {**TYPED_2021, "total_profit": "150 100 150 100"})
    turn = step(Filling(report), word, AT_DESK)
    assert turn.refused
    assert said(turn).startswith("说明请写 6 至 200 个字。")


def test_a_press_for_a_report_with_none_on_the_desk_is_an_old_one() -> None:
    for event in (GoTo("employees"), Choose("hiring", "from_90"), Review(), Late(Choose("hiring", "from_90"))):
        turn = step(AtHome(), event)
        assert turn.refused
        assert said(turn) == f"{SENTENCE['button-old']}\n\n{SENTENCE['home']}"


# ---- the session's focus

STATES: list[State] = [
    Welcome(),
    Naming(),
    AtHome(),
    Linking(),
    Linking("sure", CODE, "前沿科技有限公司", "李雷", "徐汇", "其他", "漕溪北路", "138 0013 8000"),
    Filling(blank(JANUARY)),
    Filling(blank(JANUARY), Cursor("item", "operating_revenue", "month")),
    Filling(full(JANUARY, TYPED_2021), filling.REVIEW),
    Filling(full(DECEMBER, TYPED_2020), filling.CHANGES),
]


def report_of(state: State) -> Report | None:
    return state.report if isinstance(state, Filling) else None


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_packed_small_and_unpacked(state: State) -> None:
    packed = json.dumps(pack_state(state), ensure_ascii=False)
    assert len(packed) < 1000
    assert unpack_state(json.loads(packed), report_of(state)) == state


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"at": None},
        {"at": "Dreaming"},
        {"at": ["Filling"]},
        {"at": "Filling", "enterprise": 7, "period": "2021-01", "cursor": None},
        {"at": "Linking", "asking": "fax"},
        {"at": "Linking", "asking": None},
        {"at": "Linking", "asking": "name", "code": 7},
        {"at": "Linking", "asking": "name", "fax": "64165939"},
        {"asking": "name"},
    ],
)
def test_a_state_of_another_version_leads_home(packed: dict[str, Any]) -> None:
    assert unpack_state(packed, None) == AtHome()


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        [],
        "review",
        ["review"],
        ["item", "employees"],
        ["item", "employees", "", ""],
        ["item", None, ""],
        {"at": "x"},
        7,
    ],
)
def test_a_cursor_of_another_version_is_no_cursor(cursor: object) -> None:
    packed = {"at": "Filling", "enterprise": 7, "period": "2021-01", "cursor": cursor}
    assert unpack_state(packed, blank(JANUARY)) == Filling(blank(JANUARY))


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor("dream"),
        Cursor("item", "abolished"),
        Cursor("item", "employees", "abolished"),
        Cursor("finding", "abolished"),
        Cursor("reason"),
    ],
)
def test_a_cursor_at_what_the_form_does_not_have_shows_something_sensible(cursor: Cursor) -> None:
    turn = step(Filling(blank(JANUARY), cursor), "没有", AT_DESK)
    assert "【" in said(turn)
    assert turn.refused


# ---- what always holds

words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "12",
            "12 12 12 2",
            "王小明",
            CODE,
            "徐汇",
            "其他",
            "13800138000",
            "/report",
            "/start x",
            "/",
            "提交",
            "确认提交",
            "暂存",
        ]
    ),
    st.sampled_from(["返回", "补填", "确认", "上一项", "跳过", "修改", "English", "Cancel"]),
)
numbers = st.integers(0, 9)
askings = st.sampled_from([*FIELDS, "nonsense"])
people_events = st.one_of(
    st.builds(Said, words),
    st.builds(Contact, st.sampled_from(["", "+8613800138000"])),
    st.builds(Odd, st.sampled_from(["edited", "sticker", "voice", "media", "other", "", "nonsense"])),
    st.builds(Pick, askings, words),
    st.builds(Apply, numbers),
    st.builds(Claim, numbers),
    st.builds(Open, numbers, st.sampled_from(["", "2021-01", "2020-12", "nonsense"])),
    st.builds(ShowPeriods, numbers),
    st.builds(Language, st.sampled_from(["", "en", "zh-CN", "tlh"])),
    st.builds(
        Answer,
        st.sampled_from(["employees", "nonsense"]),
        words,
        st.sampled_from(["", "month", "end_of_period", "nonsense"]),
    ),
    st.sampled_from(
        [
            Start(),
            ShowEnterprises(),
            LinkNew(),
            SendLink(),
            Fill(),
            Help(),
            ShowPrivacy(),
            Home(),
            Pause(),
            Review(),
            filling.Submit(),
        ]
    ),
    st.builds(Choose, st.sampled_from(["hiring", "nonsense"]), st.sampled_from(["from_90", ""])),
)
cards = st.builds(Card, numbers, words.filter(str.strip), st.just(CODE), st.sampled_from(["mine", "free", "taken"]))
results = st.one_of(
    st.builds(Bound, st.sampled_from(["", "王小明"])),
    st.builds(Compared, st.none() | st.builds(Registered, st.just(CODE), words, words, words, words, words), numbers),
    st.builds(Linked, numbers, words),
    st.builds(Enterprises, st.lists(cards, max_size=4).map(tuple), st.booleans()),
    st.builds(SeatFree, numbers, words),
    st.builds(SeatClaimed, numbers, words),
    st.builds(SeatTaken, numbers, words, words, st.sampled_from(["徐汇", ""]), st.booleans()),
    st.builds(CannotOpen, st.sampled_from(["seat", "period", "form"])),
    st.builds(
        Periods,
        numbers,
        words,
        st.dictionaries(st.sampled_from(["2021-01", "2012-01"]), st.sampled_from(["draft", "returned"])),
    ),
    st.just(SeatLost()),
    st.sampled_from([blank(JANUARY), full(JANUARY, TYPED_2021)]).map(lambda report: Opened(report, desk(FORM_2021))),
)
states = st.sampled_from(STATES) | st.builds(Linking, st.sampled_from(FIELDS), *[words] * 7)
facts_of_all_kinds = st.sampled_from(
    [NOBODY, NAMELESS, KNOWN, AT_DESK, replace(KNOWN, desk=desk(FORMS.version("2020-01")))]
)
one_event = people_events | results | st.builds(Late, people_events)


@given(states, st.lists(st.tuples(one_event | st.integers(0, 30), facts_of_all_kinds), max_size=8))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_in_whatever_order(state: State, sequence: list[tuple[Event | int, Facts]]) -> None:
    page = Page(("",))
    for action, given_facts in sequence:
        facts = given_facts
        there = list(buttons(page))
        pressed_one = there[action % len(there)].event if there and isinstance(action, int) else Start()
        event = action if isinstance(action, Event) else pressed_one
        if isinstance(state, Filling) and facts.desk and facts.desk.form.version != state.report.form:
            # The desk is made for the report that is on it.
            facts = replace(facts, desk=desk(FORMS.version(state.report.form)))
        turn = step(state, event, facts)
        assert step(state, event, facts) == turn
        assert turn.pages or turn.effects or turn.notice
        if turn.refused:
            assert not turn.effects
            assert not isinstance(state, Filling) or report_of(turn.state) in (None, state.report)
        for shown in turn.pages:
            for language in LANGUAGES:
                assert 0 < len(written(shown, language)) <= 4096
                assert all(label for label in labels(shown, language))
            for button in buttons(shown):
                assert Event.unpack(button.event.pack()) == button.event
        packed = json.loads(json.dumps(pack_state(turn.state)))
        assert unpack_state(packed, report_of(turn.state)) == turn.state
        state, page = turn.state, (turn.pages or (page,))[-1]
