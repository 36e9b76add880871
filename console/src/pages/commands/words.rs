//! What the pages of commands say, in every language.

use domain::{Command, CommandState};
use operations::commands::UNASKED;

use crate::words::Lang;

pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) nothing_at_all: &'static str,
    pub(super) nothing_fits: &'static str,
    pub(super) nothing_yet: &'static str,
    pub(super) id: &'static str,
    pub(super) state: &'static str,
    pub(super) what: &'static str,
    pub(super) service: &'static str,
    pub(super) requested_by: &'static str,
    pub(super) confirmed_by: &'static str,
    pub(super) since: &'static str,
    pub(super) changed: &'static str,
    pub(super) expires: &'static str,
    /// Before when it would have expired that has ended.
    pub(super) would_expire: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) question: &'static str,
    /// Why nobody could be asked, which its row has in English.
    pub(super) why: &'static str,
    pub(super) delivery: &'static str,
    pub(super) not_taken: &'static str,
    pub(super) correlation: &'static str,
    pub(super) arguments: &'static str,
    pub(super) no_arguments: &'static str,
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) output: &'static str,
    pub(super) timeline: &'static str,
    pub(super) when_is_not_kept: &'static str,
    pub(super) asked_for: fn(&str) -> String,
    pub(super) was_dispatched: &'static str,
    /// What was chosen, or how else it ended, and by whom where somebody has ended it.
    pub(super) question_ended: fn(&str, Option<&str>) -> String,
    /// In the order of [`CommandState::ALL`].
    outcomes: [&'static str; 7],
    unasked: &'static str,
    refused_by_people: &'static str,
    unconfirmed_in_time: &'static str,
    undelivered: &'static str,
    pub(super) on_its_way: &'static str,
    pub(super) under_way: &'static str,
    pub(super) reload: &'static str,
    pub(super) call_off: &'static str,
    pub(super) new: &'static str,
    pub(super) choose: &'static str,
    pub(super) nothing_offered: &'static str,
    pub(super) optional: &'static str,
    /// Below the field of an argument that is optional.
    pub(super) may_be_left_out: &'static str,
    /// Of how many a text may have.
    pub(super) characters: &'static str,
    pub(super) from_to: fn(f64, f64) -> String,
    pub(super) at_least: fn(f64) -> String,
    pub(super) at_most: fn(f64) -> String,
    pub(super) confirmation: &'static str,
    pub(super) is_confirmed: &'static str,
    pub(super) is_not_confirmed: &'static str,
    pub(super) asks_first: &'static str,
    pub(super) asks_nobody: &'static str,
    pub(super) dispatch: &'static str,
    pub(super) not_dispatched: &'static str,
    pub(super) refused: &'static str,
    pub(super) unconfirmed: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        lang.of(&EN, &ES)
    }

    /// How far this one is, in a sentence. Whatever was confirmed, or needed nobody, has its delivery.
    pub(super) fn outcome_of(&self, command: &Command) -> &'static str {
        match (command.state, command.delivery.is_some()) {
            (CommandState::Rejected, false) if unasked(command).is_some() => self.unasked,
            (CommandState::Rejected, false) => self.refused_by_people,
            (CommandState::Expired, false) => self.unconfirmed_in_time,
            (CommandState::Failed, _) if command.is_undelivered() => self.undelivered,
            (state, _) => self.outcome(state),
        }
    }

    /// How far one in this state is.
    pub(super) fn outcome(&self, state: CommandState) -> &'static str {
        let [pending, dispatched, running, succeeded, failed, rejected, expired] = self.outcomes;
        match state {
            CommandState::PendingConfirmation => pending,
            CommandState::Dispatched => dispatched,
            CommandState::Running => running,
            CommandState::Succeeded => succeeded,
            CommandState::Failed => failed,
            CommandState::Rejected => rejected,
            CommandState::Expired => expired,
        }
    }
}

/// Why nobody could be asked to confirm it. None of one of which somebody could, or nobody needed to be.
pub(super) fn unasked(command: &Command) -> Option<&str> {
    let is_over = command.state == CommandState::Rejected && command.delivery.is_none();
    let why = command.output.as_deref().filter(|_| is_over)?.strip_prefix(UNASKED)?;
    Some(why.trim_start_matches([':', ' ']))
}

static EN: Words = Words {
    title: "Command",
    nothing_at_all: "There are no commands. Have a service do something here, by POST /v1/commands/dispatch, or \
                     by /cmd in Telegram.",
    nothing_fits: "No command fits all of this. Remove a part of the filter.",
    nothing_yet: "None of these fits. There are older ones: go on.",
    id: "Id",
    state: "State",
    what: "Action",
    service: "Service",
    requested_by: "Asked for by",
    confirmed_by: "Confirmed by",
    since: "Since",
    changed: "Changed",
    expires: "Expires",
    would_expire: "Would have stood until",
    from: "Asked for from",
    to: "Asked for before",
    question: "Question",
    why: "Why",
    delivery: "Delivery",
    not_taken: "not taken",
    correlation: "Correlated with",
    arguments: "Arguments",
    no_arguments: "It takes no arguments.",
    name: "Name",
    value: "Value",
    output: "What its service says",
    timeline: "What has happened",
    when_is_not_kept: "when is not kept",
    asked_for: |by| format!("{by} has asked for it."),
    was_dispatched: "It was dispatched to its service.",
    question_ended: |what, by| match by {
        Some(by) => format!("The question ended: {what}, by {by}."),
        None => format!("The question ended: {what}."),
    },
    outcomes: [
        "It waits until those who are asked have confirmed it.",
        "It is on its way to its service, which has not said anything yet.",
        "Its service has begun.",
        "Its service has done it.",
        "Its service says that it has failed.",
        "Its service has refused it.",
        "Its time was over before its service had said how it ended.",
    ],
    unasked: "Nobody could be asked to confirm it, so it was not done.",
    refused_by_people: "It was not confirmed: those who were asked refused it, or its question was taken back.",
    unconfirmed_in_time: "Its time was over before it was confirmed.",
    undelivered: "It could not be delivered to its service.",
    on_its_way: "The broker has it, and it is made within moments. This page refreshes itself.",
    under_way: "It is under way, and this page refreshes itself.",
    reload: "Reload",
    call_off: "Call it off",
    new: "Have something done",
    choose: "Choose what is to be done.",
    nothing_offered: "There is nothing that you may have done: the file of services says what there is, and who may.",
    optional: "(optional)",
    may_be_left_out: "May be left out",
    characters: "Characters",
    from_to: |least, greatest| format!("from {least} to {greatest}"),
    at_least: |least| format!("at least {least}"),
    at_most: |greatest| format!("at most {greatest}"),
    confirmation: "Confirmation",
    is_confirmed: "somebody is asked first",
    is_not_confirmed: "at once",
    asks_first: "Somebody is asked first, and confirms or refuses it.",
    asks_nobody: "It is done at once: nobody is asked.",
    dispatch: "Have it done",
    not_dispatched: "It is not done",
    refused: "What was asked for cannot be done.",
    unconfirmed: "The broker has not confirmed it. Going back and sending the same form again is no second command.",
};

static ES: Words = Words {
    title: "Comando",
    nothing_at_all: "No hay comandos. Pida algo a un servicio aquí, con POST /v1/commands/dispatch, o con /cmd \
                     en Telegram.",
    nothing_fits: "Ningún comando coincide con todo esto. Quite una parte del filtro.",
    nothing_yet: "Ninguno de estos coincide. Hay más antiguos: siga.",
    id: "Id",
    state: "Estado",
    what: "Acción",
    service: "Servicio",
    requested_by: "Lo pide",
    confirmed_by: "Lo confirma",
    since: "Desde",
    changed: "Cambió",
    expires: "Vence",
    would_expire: "Habría valido hasta",
    from: "Pedido desde",
    to: "Pedido antes de",
    question: "Pregunta",
    why: "Por qué",
    delivery: "Entrega",
    not_taken: "sin tomar",
    correlation: "Relacionado con",
    arguments: "Argumentos",
    no_arguments: "No lleva argumentos.",
    name: "Nombre",
    value: "Valor",
    output: "Lo que dice su servicio",
    timeline: "Qué pasó",
    when_is_not_kept: "cuándo no se guarda",
    asked_for: |by| format!("{by} lo pidió."),
    was_dispatched: "Se envió a su servicio.",
    question_ended: |what, by| match by {
        Some(by) => format!("La pregunta terminó: {what}, por {by}."),
        None => format!("La pregunta terminó: {what}."),
    },
    outcomes: [
        "Espera hasta que lo confirmen quienes fueron preguntados.",
        "Está en camino a su servicio, que todavía no dijo nada.",
        "Su servicio empezó.",
        "Su servicio lo hizo.",
        "Su servicio dice que falló.",
        "Su servicio lo rechazó.",
        "Venció antes de que su servicio dijera cómo terminó.",
    ],
    unasked: "No había a quién pedir que lo confirmara, así que no se hizo.",
    refused_by_people: "No se confirmó: lo rechazaron quienes fueron preguntados, o se retiró la pregunta.",
    unconfirmed_in_time: "Venció antes de que se confirmara.",
    undelivered: "No se pudo entregar a su servicio.",
    on_its_way: "El broker lo tiene, y se crea en instantes. Esta página se actualiza sola.",
    under_way: "Está en marcha, y esta página se actualiza sola.",
    reload: "Recargar",
    call_off: "Anularlo",
    new: "Pedir algo",
    choose: "Elija qué se debe hacer.",
    nothing_offered: "No hay nada que pueda pedir: el archivo de servicios dice qué hay, y quién puede.",
    optional: "(opcional)",
    may_be_left_out: "Se puede omitir",
    characters: "Caracteres",
    from_to: |least, greatest| format!("de {least} a {greatest}"),
    at_least: |least| format!("al menos {least}"),
    at_most: |greatest| format!("{greatest} como máximo"),
    confirmation: "Se confirma",
    is_confirmed: "sí: se pregunta antes",
    is_not_confirmed: "no: se hace enseguida",
    asks_first: "Antes se pregunta a alguien, que lo confirma o lo rechaza.",
    asks_nobody: "Se hace enseguida: no se pregunta a nadie.",
    dispatch: "Pedirlo",
    not_dispatched: "No se hace",
    refused: "Lo que se pidió no se puede hacer.",
    unconfirmed: "El broker no lo confirmó. Volver y enviar el mismo formulario otra vez no es un segundo comando.",
};
