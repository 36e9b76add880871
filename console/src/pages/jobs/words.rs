//! What the pages of jobs say.

use domain::Canary;

use crate::pieces::figure::whole;
use crate::words::Lang;

pub(super) struct Words {
    pub(super) state: &'static str,
    pub(super) action: &'static str,
    pub(super) why: &'static str,
    pub(super) made: &'static str,
    pub(super) started: &'static str,
    pub(super) ended: &'static str,
    pub(super) by: &'static str,
    pub(super) job: &'static str,
    pub(super) jobs: &'static str,
    pub(super) no_jobs: &'static str,
    pub(super) progress: &'static str,
    pub(super) rate: &'static str,
    pub(super) per_second: &'static str,
    pub(super) canary: &'static str,
    pub(super) no_canary: &'static str,
    pub(super) to: &'static str,
    pub(super) groups: &'static str,
    pub(super) to_provider: &'static str,
    pub(super) channel: &'static str,
    pub(super) provider: &'static str,
    pub(super) lane: &'static str,
    pub(super) outcome: &'static str,
    pub(super) reason: &'static str,
    pub(super) letters: &'static str,
    pub(super) split: &'static str,
    pub(super) cancel: &'static str,
    pub(super) resume: &'static str,
    pub(super) resume_help: &'static str,
    pub(super) not_changed: &'static str,
    /// Of a job that was cancelled before it has begun all of its letters.
    pub(super) not_begun: &'static str,
    pub(super) failures: &'static str,
    pub(super) restore: &'static str,
    pub(super) reload: &'static str,
    pub(super) edit_waits: &'static str,
    pub(super) of_all: fn(&str, &str) -> String,
    /// How much time.
    pub(super) left: fn(&str) -> String,
    /// For the end of how many letters.
    pub(super) waits_for: fn(u32) -> String,
    /// How those have ended that were sent first, of a job that asks what to do because of them.
    pub(super) first_ended: fn(Canary) -> String,
    /// Since when it is known, as a time of the day.
    pub(super) as_of: fn(&str) -> String,
    /// Before the groups in which these are now.
    pub(super) dead_again_in: &'static str,
    /// How many are dead again, and of how many.
    pub(super) dead_again: fn(u64, u64) -> String,
    pub(super) after_so_many: fn(u32) -> String,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }
}

static EN: Words = Words {
    state: "State",
    action: "Action",
    why: "Why",
    made: "Made",
    started: "Started",
    ended: "Ended",
    by: "by",
    job: "Job",
    jobs: "Plans and jobs",
    no_jobs: "Nobody has planned anything. A plan begins at a group, a letter or a list of letters.",
    progress: "Progress",
    rate: "Rate",
    per_second: "per second",
    canary: "Canary",
    no_canary: "none",
    to: "By the channel",
    groups: "Groups",
    to_provider: "By the provider alone",
    channel: "Channel",
    provider: "Provider",
    lane: "Lane",
    outcome: "Outcome",
    reason: "Why",
    letters: "Letters",
    split: "By lane, channel and provider",
    cancel: "Cancel: begin nothing more",
    resume: "Resume",
    resume_help: "Somebody decides whether it goes on. What is sent then is not compared with the first letters any more.",
    not_changed: "Nothing was done: the job is in no state for that any more. This is how it is now.",
    not_begun: "It begins nothing more: what was not begun stays as it is.",
    failures: "The letters with which it could not do what was asked, as a file:",
    restore: "Plan to restore its letters",
    reload: "Load the page again for newer figures.",
    edit_waits: "The broker has not confirmed what was edited: edit the letter again in the same way, or cancel.",
    of_all: |done, all| format!("{done} of {all}"),
    left: |time| format!("{time} left at this rate"),
    waits_for: |letters| match letters {
        1 => "waits for the first to end".to_owned(),
        more => format!("waits for the first {more} to end"),
    },
    first_ended: |Canary { tried, well, failed }| {
        let open = tried.saturating_sub(well.saturating_add(failed));
        format!(
            "Of the letters that it sent first ({tried}), {failed} failed again, {well} did not, {open} have not ended."
        )
    },
    as_of: |time| format!("As of {time}."),
    dead_again_in: "They are in:",
    dead_again: |dead, sent| {
        let are = if dead == 1 { "is" } else { "are" };
        format!("Of what was sent, {} of {} {are} dead again.", whole(dead), whole(sent))
    },
    after_so_many: |letters| match letters {
        1 => "after 1 letter it waits until that has ended".to_owned(),
        more => format!("after {more} letters it waits until they have ended"),
    },
};

static ES: Words = Words {
    state: "Estado",
    action: "Acción",
    why: "Por qué",
    made: "Hecho",
    started: "Iniciado",
    ended: "Terminado",
    by: "por",
    job: "Trabajo",
    jobs: "Planes y trabajos",
    no_jobs: "Nadie planeó nada. Un plan empieza en un grupo, una carta o una lista de cartas.",
    progress: "Avance",
    rate: "Ritmo",
    per_second: "por segundo",
    canary: "Canario",
    no_canary: "ninguno",
    to: "Por el canal",
    groups: "Grupos",
    to_provider: "Solo por el proveedor",
    channel: "Canal",
    provider: "Proveedor",
    lane: "Carril",
    outcome: "Resultado",
    reason: "Por qué",
    letters: "Cartas",
    split: "Por carril, canal y proveedor",
    cancel: "Cancelar: no empezar nada más",
    resume: "Reanudar",
    resume_help: "Alguien decide si sigue. Lo que se envíe entonces ya no se compara con las primeras cartas.",
    not_changed: "No se hizo nada: el trabajo ya no está en un estado para eso. Así está ahora.",
    not_begun: "No empieza nada más: lo que no se empezó queda como está.",
    failures: "Las cartas con las que no pudo hacer lo pedido, en un archivo:",
    restore: "Planear restaurar sus cartas",
    reload: "Recargue la página para ver cifras más recientes.",
    edit_waits: "El broker no confirmó lo que se editó: edite la carta otra vez igual, o cancele.",
    of_all: |done, all| format!("{done} de {all}"),
    left: |time| format!("{time} más a este ritmo"),
    waits_for: |letters| match letters {
        1 => "espera a que termine la primera".to_owned(),
        more => format!("espera a que terminen las primeras {more}"),
    },
    first_ended: |Canary { tried, well, failed }| {
        let open = tried.saturating_sub(well.saturating_add(failed));
        format!(
            "De las cartas que envió primero ({tried}), {failed} fallaron otra vez, {well} no, {open} no han terminado."
        )
    },
    as_of: |time| format!("Leído a las {time}."),
    dead_again_in: "Están en:",
    dead_again: |dead, sent| {
        let died = if dead == 1 { "murió" } else { "murieron" };
        format!("De lo que se envió, {} de {} {died} otra vez.", whole(dead), whole(sent))
    },
    after_so_many: |letters| match letters {
        1 => "tras 1 carta espera a que termine".to_owned(),
        more => format!("tras {more} cartas espera a que terminen"),
    },
};
