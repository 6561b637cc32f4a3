"""What an official's acts mean for mouse and keys, and that everything held down is let go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.agent.hands_core import Button, Deed, Hands, Key, Move


def hands() -> Hands:
    return Hands(800, 600)


def key(name: str, down: bool) -> dict[str, object]:
    return {"do": "key", "key": name, "down": down}


def test_shares_become_pixels_within_the_screen() -> None:
    assert hands().take([{"do": "move", "x": 0, "y": 0}, {"do": "move", "x": 1.0, "y": 1.0}]) == [
        Move(0, 0),
        Move(799, 599),
    ]


def test_a_click_goes_where_it_was_made() -> None:
    act = {"do": "button", "x": 0.5, "y": 0.5, "number": 1}
    assert hands().take([{**act, "down": True}, {**act, "down": False}]) == [
        Move(400, 300),
        Button(1, True),
        Move(400, 300),
        Button(1, False),
    ]


def test_keys_by_their_browsers_name() -> None:
    assert hands().take([key("Enter", True), key("Enter", False), key("ā", True)]) == [
        Key("Return", True),
        Key("Return", False),
        Key("ā", True),
    ]
    assert hands().take([key("MediaPlay", True), key("", True), {"do": "shell", "command": "x"}]) == []


def test_a_key_repeats_as_often_as_the_officials_and_a_modifier_never() -> None:
    taken = hands().take([key("Shift", True), key("a", True), key("Shift", True), key("a", True), key("a", False)])
    assert taken == [Key("Shift_L", True), Key("a", True), Key("a", False), Key("a", True), Key("a", False)]


def test_nobody_leaves_the_kiosk_by_a_shortcut() -> None:
    for held in ("Control", "Alt"):
        taken = hands().take([key(held, True), key("F4", True), key("Delete", True), key("c", True)])
        assert [deed.name for deed in taken if isinstance(deed, Key)] == [
            {"Control": "Control_L", "Alt": "Alt_L"}[held],
            "c",
        ]


ACTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"do": st.just("key"), "key": st.sampled_from("abĀ1"), "down": st.booleans()}),
        st.fixed_dictionaries(
            {
                "do": st.just("button"),
                "x": st.floats(0, 1),
                "y": st.floats(0, 1),
                "number": st.integers(1, 3),
                "down": st.booleans(),
            }
        ),
    ),
    max_size=40,
)


@given(ACTS)
def test_whatever_was_done_nothing_stays_pressed(acts: list[dict[str, object]]) -> None:
    of = hands()
    pressed: set[Deed] = set()
    for deed in of.take(acts) + of.let_go():
        match deed:
            case Button(number, down):
                (pressed.add if down else pressed.remove)(Button(number, True))
            case Key(name, down):
                (pressed.add if down else pressed.remove)(Key(name, True))
    assert not pressed
    assert of.let_go() == []
