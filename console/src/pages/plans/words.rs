//! What the pages of plans say.

use crate::pieces::figure::so_many;
use crate::words::Lang;

pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) which: &'static str,
    pub(super) every_letter: &'static str,
    pub(super) every_row: &'static str,
    pub(super) every_dropped: &'static str,
    pub(super) action: &'static str,
    pub(super) to: &'static str,
    pub(super) no_channel: &'static str,
    pub(super) why: &'static str,
    pub(super) rate: &'static str,
    pub(super) canary: &'static str,
    pub(super) max_moves: &'static str,
    pub(super) even_waiting: &'static str,
    pub(super) make: &'static str,
    pub(super) nothing_moves: &'static str,
    pub(super) not_planned: &'static str,
    /// With the most that there may be.
    pub(super) too_many: fn(usize) -> String,
    pub(super) oldest: &'static str,
    pub(super) plan: &'static str,
    pub(super) made: &'static str,
    pub(super) by: &'static str,
    pub(super) lasts: &'static str,
    pub(super) per_second: &'static str,
    pub(super) canary_is: &'static str,
    pub(super) no_canary: &'static str,
    pub(super) channel: &'static str,
    pub(super) letters: &'static str,
    pub(super) split: &'static str,
    pub(super) left_out: &'static str,
    pub(super) reason: &'static str,
    pub(super) none_left_out: &'static str,
    pub(super) samples: &'static str,
    pub(super) letter: &'static str,
    pub(super) id: &'static str,
    pub(super) error: &'static str,
    pub(super) changed: &'static str,
    pub(super) same: &'static str,
    pub(super) again: &'static str,
    pub(super) too_old: &'static str,
    pub(super) others: &'static str,
    pub(super) looks_after: &'static str,
    pub(super) nothing_to_begin: &'static str,
    pub(super) discard: &'static str,
    pub(super) start: &'static str,
    pub(super) not_started: &'static str,
    pub(super) is_being_read: &'static str,
    pub(super) reload: &'static str,
    /// Since when it is known, as a time of the day.
    pub(super) as_of: fn(&str) -> String,
<<<<<<< HEAD
=======
    /// Since when it could not be read, and why.
    pub(super) not_read: fn(&str, &str) -> String,
    pub(super) question: fn(&str, u32) -> String,
>>>>>>> t6-ends
    pub(super) newcomers: fn(u32) -> String,
    pub(super) gone: fn(u32) -> String,
    pub(super) maybe_sent: fn(u32) -> String,
    pub(super) of_these: fn(u32) -> String,
    pub(super) chosen: fn(u64) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    title: "Plan",
    which: "Which letters",
    every_letter: "every letter of the queue",
    every_row: "every delivery that died and whose letter is not in the queue any more",
    every_dropped: "every letter that was taken out and is kept",
    action: "What is to become of them",
    to: "By which channel (redirect)",
    no_channel: "none",
    why: "Why, for whoever asks later",
    rate: "Letters per second",
    canary: "Wait after this many letters until they have ended (0 for no wait)",
    max_moves: "Leave out those that were already moved this many times",
    even_waiting: "Also take those that would only wait for a pause or a provider",
    make: "Show the plan",
    nothing_moves: "Nothing is moved by a plan. It is frozen by the names of its letters, and shows which of them are left out and why.",
    not_planned: "Nothing was planned:",
    too_many: |most| {
        format!("There are {most} plans of the last hour that nobody has started: start or discard some of them.")
    },
    oldest: "One of the oldest",
    plan: "Plan",
    made: "Made",
    by: "by",
    lasts: "Takes",
    per_second: "per second",
    canary_is: "Canary",
    no_canary: "none",
    channel: "Channel",
    letters: "Letters",
    split: "What it is made of",
    left_out: "Left out",
    reason: "Why",
    none_left_out: "None is left out.",
    samples: "Some of the letters",
    letter: "Letter",
    id: "Delivery",
    error: "Error",
    changed: "The queue has changed since this plan was made:",
    same: "The queue was read again since this plan was made, and the plan is as it was.",
    again: "Make the plan again",
    too_old: "The plan is older than an hour and cannot be started any more.",
    others: "Others are working on these letters:",
    looks_after: "looks after their group",
    nothing_to_begin: "The plan has no letter to begin with.",
    discard: "Discard the plan",
    start: "Start",
    not_started: "Not started: the plan has been changed meanwhile. This is how it is now.",
    is_being_read: "being read again",
    reload: "Load the page again",
    as_of: |time| format!("As of {time}."),
<<<<<<< HEAD
    newcomers: |letters| {
        format!(
            "+{letters} since: {}.",
            if letters == 1 { "it fits, and is not in it" } else { "they fit, and are not in it" }
        )
    },
    gone: |letters| format!("{letters} of its letters {} no longer found.", if letters == 1 { "was" } else { "were" }),
    maybe_sent: |letters| {
        let who = if letters == 1 { "it" } else { "they" };
        format!("{letters} may have been sent before without our knowing: {who} may arrive twice.")
    },
    of_these: |letters| format!("of {letters} of them"),
    chosen: |letters| so_many(letters, "chosen letter", "chosen letters"),
=======
    not_read: |time, why| format!("Could not be read since {time}: {why}. Trying again."),
    question: |action, letters| format!("{action}: {letters} {}?", if letters == 1 { "letter" } else { "letters" }),
    newcomers: |letters| match letters {
        1 => "+1 since: it fits, and is not in it.".to_owned(),
        _ => format!("+{letters} since: they fit, and are not in it."),
    },
    gone: |letters| match letters {
        1 => "1 of its letters was no longer found.".to_owned(),
        _ => format!("{letters} of its letters were no longer found."),
    },
    maybe_sent: |letters| format!("{letters} may have been sent before without our knowing: they may arrive twice."),
    of_these: |letters| format!("of {letters} of them"),
    chosen: |letters| format!("{letters} chosen {}", if letters == 1 { "letter" } else { "letters" }),
>>>>>>> t6-ends
};

static ES: Words = Words {
    title: "Planear",
    which: "Qué cartas",
    every_letter: "todas las cartas de la cola",
    every_row: "todas las entregas que murieron y cuya carta ya no está en la cola",
    every_dropped: "todas las cartas que se sacaron y se guardan",
    action: "Qué se hace con ellas",
    to: "Por qué canal (redirigir)",
    no_channel: "ninguno",
    why: "Por qué, para quien pregunte después",
    rate: "Cartas por segundo",
    canary: "Esperar tras esta cantidad de cartas a que terminen (0 para no esperar)",
    max_moves: "Excluir las que ya se movieron esta cantidad de veces",
    even_waiting: "Tomar también las que solo esperarían por una pausa o un proveedor",
    make: "Ver el plan",
    nothing_moves: "Un plan no mueve nada. Queda fijo por los nombres de sus cartas, y muestra cuáles se excluyen y por qué.",
    not_planned: "No se planeó nada:",
    too_many: |most| format!("Hay {most} planes de la última hora que nadie inició: inicie o deseche algunos."),
    oldest: "Uno de los más viejos",
    plan: "Plan",
    made: "Hecho",
    by: "por",
    lasts: "Tarda",
    per_second: "por segundo",
    canary_is: "Canario",
    no_canary: "ninguno",
    channel: "Canal",
    letters: "Cartas",
    split: "De qué se compone",
    left_out: "Excluidas",
    reason: "Por qué",
    none_left_out: "Ninguna queda excluida.",
    samples: "Algunas de las cartas",
    letter: "Carta",
    id: "Entrega",
    error: "Error",
    changed: "La cola cambió desde que se hizo este plan:",
    same: "La cola se volvió a leer desde que se hizo este plan, y el plan sigue como era.",
    again: "Hacer el plan otra vez",
    too_old: "El plan tiene más de una hora y ya no se puede iniciar.",
    others: "Otros están con estas cartas:",
    looks_after: "atiende su grupo",
    nothing_to_begin: "El plan no tiene ninguna carta con que empezar.",
    discard: "Desechar el plan",
    start: "Iniciar",
    not_started: "No se inició: el plan cambió entretanto. Así está ahora.",
    is_being_read: "se lee otra vez",
    reload: "Recargar la página",
    as_of: |time| format!("Leído a las {time}."),
<<<<<<< HEAD
    newcomers: |letters| {
        let they = if letters == 1 { "coincide, y no está" } else { "coinciden, y no están" };
        format!("+{letters} desde entonces: {they} en él.")
    },
    gone: |letters| {
        format!("{letters} de sus cartas ya no se {}.", if letters == 1 { "encontró" } else { "encontraron" })
    },
    maybe_sent: |letters| match letters {
        1 => "1 quizá ya se envió sin que lo sepamos: puede llegar dos veces.".to_owned(),
        more => format!("{more} quizá ya se enviaron sin que lo sepamos: pueden llegar dos veces."),
    },
    of_these: |letters| format!("de {letters} de ellas"),
    chosen: |letters| so_many(letters, "carta elegida", "cartas elegidas"),
=======
    not_read: |time, why| format!("No se pudo leer desde las {time}: {why}. Se intenta otra vez."),
    question: |action, letters| format!("{action}: ¿{letters} {}?", if letters == 1 { "carta" } else { "cartas" }),
    newcomers: |letters| match letters {
        1 => "+1 desde entonces: coincide, y no está en él.".to_owned(),
        _ => format!("+{letters} desde entonces: coinciden, y no están en él."),
    },
    gone: |letters| match letters {
        1 => "1 de sus cartas ya no se encontró.".to_owned(),
        _ => format!("{letters} de sus cartas ya no se encontraron."),
    },
    maybe_sent: |letters| format!("{letters} quizá ya se enviaron sin que lo sepamos: pueden llegar dos veces."),
    of_these: |letters| format!("de {letters} de ellas"),
    chosen: |letters| format!("{letters} {}", if letters == 1 { "carta elegida" } else { "cartas elegidas" }),
>>>>>>> t6-ends
};
