import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import type { ReactElement } from "react";
import { me } from "../../lib/me";
import { connectionWords } from "../../lib/connection_words";
import type { ProjectSettings } from "../../lib/types";
import { allZones } from "../../lib/zone";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Field, Form } from "../../ui/form";
import formClasses from "../../ui/form.module.css";
import { Saved } from "../../ui/saved";
import { Section } from "../../ui/section";
import { Trouble } from "../../ui/trouble";
import { ZoneOptions } from "../../ui/zone_options";
import { projectSettings, saveSettings } from "./api";
import classes from "./page.module.css";

const words = connectionWords.project;

/** What the project is called, which numbers are its own, and where its calls go. */
export function ProjectView(): ReactElement {
  const { data, error, refetch } = useQuery(projectSettings);
  return (
    <Section title={words.title}>
      {data === undefined && (error === null ? <LoadingFace rows={8} /> : <FailedFace error={error} retry={() => void refetch()} />)}
      {data !== undefined && (
        <div className={classes.body}>
          <SettingsForm settings={data} />
        </div>
      )}
    </Section>
  );
}

function SettingsForm({ settings }: { settings: ProjectSettings }): ReactElement {
  const client = useQueryClient();
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: saveSettings,
    onSuccess: (now) => {
      client.setQueryData(projectSettings.queryKey, now);
      void client.invalidateQueries(me); // and the list of projects: they have names
    },
  });
  return (
    <Form
      onSend={(values) => {
        mutate({ ...values, region: values["region"]?.toUpperCase() ?? "" });
      }}
    >
      <Field label={words.name} name="name" defaultValue={settings.name} autoComplete="off" required maxLength={100} />
      <Preset settings={settings} of="owned_numbers" label={words.numbers} note={words.numbersNote} maxLength={4096} />
      <Preset settings={settings} of="region" label={words.region} note={words.regionNote} pattern="[A-Za-z]{2}" maxLength={2} />
      <h3>{words.sip}</h3>
      <p>{words.sipNote}</p>
      <div className={classes.pair}>
        <Preset settings={settings} of="sip_user" label={words.sipUser} maxLength={100} />
        <Preset settings={settings} of="sip_domain" label={words.sipDomain} maxLength={253} />
      </div>
      <Zone zone={settings.time_zone ?? "UTC"} />
      {error !== null && <Trouble error={error} />}
      {isSuccess && <Saved>{words.saved}</Saved>}
      <div>
        <Button type="submit" loading={isPending}>
          {words.save}
        </Button>
      </div>
    </Form>
  );
}

type PresetProps = Omit<Parameters<typeof Field>[0], "name"> & { settings: ProjectSettings; of: keyof ProjectSettings["presets"] };

/** A field that may stay empty: then what the configuration says counts, which stands in it faintly. */
function Preset({ settings, of, note, ...field }: PresetProps): ReactElement {
  const preset = settings.presets[of];
  const notes = [note, preset === null ? undefined : words.preset(preset)].filter((each) => each !== undefined);
  return (
    <Field
      {...field}
      name={of}
      defaultValue={settings[of] ?? ""}
      autoComplete="off"
      spellCheck={false}
      {...(preset !== null && { placeholder: preset })}
      {...(notes.length > 0 && { note: notes.join(" ") })}
    />
  );
}

function Zone({ zone }: { zone: string }): ReactElement {
  const id = useId();
  return (
    <div className={formClasses.field}>
      <label htmlFor={id}>{words.zone}</label>
      <select id={id} name="time_zone" defaultValue={zone} aria-describedby={`${id}-note`}>
        {!allZones().includes(zone) && <option>{zone}</option>}
        <ZoneOptions />
      </select>
      <small id={`${id}-note`}>{words.zoneNote}</small>
    </div>
  );
}
